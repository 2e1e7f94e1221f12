import Foundation
import Testing

extension HostTests {
    /// Waits, events and samples, while both tools change domains.
    @Suite struct Observation {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// Starts `xl events` in the background, and returns when it has looked at the host.
        private func startEvents(_ words: String = "") async throws {
            await host.atEnd("kill $(cat /root/events.pid); rm -f /root/events /root/events.pid")
            try await host.require(
                """
                \(TestHost.ours) events --json --since start \(words) > /root/events 2>&1 & echo $! > /root/events.pid
                until [ -s /root/events ]; do sleep 0.1; done
                """)
        }

        private func events(of name: String) async throws -> [[String: Any]] {
            try await host.require("cat /root/events").stdout.split(separator: "\n").compactMap {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }.filter { $0["name"] as? String == name }
        }

        @Test func aGuestsLifeIsToldWhoeverChangesIt() async throws {
            let (ours, upstream) = (TestHost.ours, TestHost.upstream)
            let guest = GuestConfiguration.idle("watched", .pv, "vif = [ \"bridge=xenbr0\" ]")
            try await guest.place(on: host)
            try await startEvents()
            let steps = try await host.require(
                """
                set -e
                \(upstream) create -q -e -p \(guest.path) < /dev/null; \(ours) wait --for paused --timeout 20 watched
                \(ours) unpause watched; \(ours) wait --for running --timeout 20 watched
                sleep 1; \(upstream) pause watched; \(ours) wait --for paused --timeout 20 watched
                sleep 1; \(upstream) unpause watched; \(ours) wait --for running --timeout 20 watched
                id=$(\(upstream) domid watched)
                (sleep 1; xenstore-write /local/domain/$id/attr/vif/0/ipv4/0 10.1.2.3) &
                \(ours) wait --for ip --timeout 20 watched
                (sleep 1; \(upstream) destroy watched) &
                \(ours) wait --for gone --timeout 30 watched; wait
                """, timeout: .seconds(120))
            #expect(steps.stdout == "10.1.2.3\n")
            try await host.wait(until: "grep -q '\"destroyed\"' /root/events")
            let told = try await events(of: "watched")
            let names = told.compactMap { $0["event"] as? String }
            var states = names.filter { !$0.hasPrefix("device") && $0 != "addresses" }
            // A destruction pauses the domain first, which may be seen.
            if states.suffix(2) == ["paused", "destroyed"] { states.remove(at: states.count - 2) }
            #expect(states == ["created", "running", "paused", "running", "destroyed"], "\(names)")
            #expect(names.contains("device") && names.contains("addresses"))
            let cards = told.compactMap { $0["device"] as? [String: Any] }
            #expect(cards.contains { $0["kind"] as? String == "vif" })
        }

        @Test func anEndIsToldWithItsReason() async throws {
            let guest = GuestConfiguration.idle("crashing", .pvh, "on_crash = \"preserve\"")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            try await startEvents("crashing")
            try await host.end(try await host.domain("crashing"), reason: 3)
            try await host.require("\(TestHost.ours) wait --for shutdown --timeout 20 crashing")
            try await host.wait(until: "grep -q shutdown_reason.*crash /root/events")
            let end = try #require(try await events(of: "crashing").last)
            #expect(end["shutdown_code"] as? Int == 3)
            let late = try await host.ours("wait --for ip --timeout 20 crashing")
            #expect(late.exitCode == 1 && late.stderr.contains("shut down"), "\(late)")
        }

        @Test(arguments: [
            ("wait --for running nosuch", 1), ("wait --for gone nosuch", 0), ("wait --for shutdown 4711", 0),
            ("wait --for ip --timeout 0.2 0", 124), ("wait --for paused --timeout 0 0", 124),
            ("wait --for running --timeout 5 0", 0), ("wait --for domain-count=99 --timeout 0.2", 124),
            ("wait --for running", 2), ("wait 0", 2), ("events nosuch", 1), ("events --since never", 2),
        ])
        func exitCodesAreThoseOfTheManual(_ command: String, _ code: Int32) async throws {
            let result = try await host.ours(command)
            #expect(result.exitCode == code, "\(result)")
            #expect(code == 0 || !result.stderr.isEmpty)
        }

        @Test func eventsEndWhenNobodyReadsThem() async throws {
            let result = try await host.run(
                "timeout 20 sh -c '\(TestHost.ours) events --since start | head -n 1'; echo $?")
            #expect(result.stdout.hasSuffix("Domain-0 (0): created\n0\n"), "\(result)")
            let interrupted = try await host.run(
                "timeout -s INT 2 env --default-signal=INT \(TestHost.ours) events; echo $?")
            #expect(interrupted.stdout == "124\n" && interrupted.stderr.isEmpty, "\(interrupted)")
        }

        /// What xentop prints, without what goes on counting between one program and the other.
        private func table(_ text: String) -> [[Substring]] {
            text.split(separator: "\n").map { $0.split(separator: " ").map { $0 } }
        }

        @Test func tablesAreXentops() async throws {
            let guest = GuestConfiguration.idle(
                "a-name-that-is-long", .pv, "disk = [ \"/root/top.img,raw,xvda\" ]", "vif = [ \"bridge=xenbr0\" ]")
            try await host.makeDisk("/root/top.img")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            for options in ["-b -i 1", "-b -i 1 -f", "-b -i 1 -r -n", "-b -i 1 -x"] {
                let theirs = try await host.require("xentop \(options)").stdout
                let ours = try await host.ours("top \(options)").stdout
                let (a, b) = (table(ours), table(theirs))
                #expect(a.first == b.first && a.map(\.count) == b.map(\.count), "\(options):\n\(ours)\n\(theirs)")
                // A paused guest's line is the same to the character.
                #expect(
                    ours.split(separator: "\n").filter { $0.contains("a-name-tha") }
                        == theirs.split(separator: "\n").filter { $0.contains("a-name-tha") }, "\(options)")
            }
        }

        @Test func samplesAreJSONAndSharesAreRight() async throws {
            let answer = try await host.require("\(TestHost.ours) top --json -i 2 -d 1").stdout
            let lines = answer.split(separator: "\n")
            #expect(lines.count == 2)
            for line in lines {
                let sample = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                let domains = try #require(sample["domains"] as? [[String: Any]])
                let control = try #require(domains.first { $0["domid"] as? Int == 0 })
                #expect(try #require(control["cpu_percent"] as? Double) > 0, "it took the sample")
            }
        }

        @Test(arguments: [("q", 0), ("\u{03}", 130)] as [(String, Int32)])
        func theTerminalIsLeftAsItWas(_ key: String, _ code: Int32) async throws {
            await host.atEnd("rm -f /root/before /root/after /root/top")
            try await host.write(
                """
                trap : INT; stty -a > /root/before
                \(TestHost.ours) top -d 1; code=$?
                stty -a > /root/after; exit $code
                """, to: "/root/top")
            let result = try await host.onTerminal(
                "sh /root/top", .expect("Domain-0"), .type("nv"), .expect("VCPUs(sec)"), .type(key))
            #expect(result.exitCode == code, "\(result.exitCode)")
            #expect(result.stdout.contains("\u{1B}[?1049h") && result.stdout.contains("\u{1B}[?1049l"))
            #expect(result.stdout.contains("\u{1B}[?25h"), "the cursor is back")
            try await host.require("cmp /root/before /root/after")
        }
    }
}
