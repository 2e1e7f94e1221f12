import Foundation
import Testing

extension HostTests {
    /// The options of `create`, beside upstream's.
    @Suite struct CreateOptions {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private let guest = GuestConfiguration.idle("options", .pv)
        private let runs = "\(TestHost.upstream) list options 2> /dev/null | grep -q 'b----'"
        private let hasMonitor = "pgrep -f 'xl create.* /root/options.cfg'"

        /// What a tool's `create` comes to.
        private struct Outcome: Codable, Equatable {
            var exitCode: Int
            /// As `xl list` shows it.
            var state: String?
            var hasMonitor: Bool
        }

        private func outcome(of command: CommandResult) async throws -> Outcome {
            Outcome(
                exitCode: command.exitCode, state: try await host.state(of: "options"),
                hasMonitor: try await host.run(hasMonitor).exitCode == 0)
        }

        @Test func aConsoleCanBeLeft() async throws {
            try await guest.place(on: host)
            let theirs = try await Oracle.answer("outcome") { try await leaveConsole(TestHost.upstream) }
            let ours = try await leaveConsole(TestHost.ours)
            #expect(ours == theirs)
            #expect(ours == Outcome(exitCode: 0, state: "-b----", hasMonitor: true), "the guest and its monitor stay")
        }

        private func leaveConsole(_ tool: String) async throws -> Outcome {
            let result = try await host.onTerminal("\(tool) create -c \(guest.path)", .until(runs), .type("\u{1D}"))
            let outcome = try await outcome(of: result)
            try await host.require("\(tool) destroy options")
            try await host.wait(until: "! \(hasMonitor)")
            return outcome
        }

        @Test func aConsoleEndsWithItsGuest() async throws {
            try await guest.place(on: host)
            let theirs = try await Oracle.answer("outcome") { try await endWithGuest(TestHost.upstream) }
            let ours = try await endWithGuest(TestHost.ours)
            #expect(ours == theirs)
            #expect(ours == Outcome(exitCode: 0, state: nil, hasMonitor: false))
        }

        private func endWithGuest(_ tool: String) async throws -> Outcome {
            let result = try await host.onTerminal(
                "\(tool) create -c \(guest.path)", .until(runs), .until("\(TestHost.upstream) destroy options"))
            try await host.wait(until: "! \(hasMonitor)")
            return try await outcome(of: result)
        }

        @Test(.enabled(if: TestHost.isFull), arguments: GuestConfiguration.Kind.paravirtual)
        func theConsoleShowsTheGuestsFirstWords(_ kind: GuestConfiguration.Kind) async throws {
            var guest = GuestConfiguration.linux("options", kind)
            guest.lines.removeAll { $0.hasPrefix("extra") }
            guest.lines.append("extra = \"console=hvc0 earlyprintk=xen\"")
            try await guest.place(on: host)
            let result = try await host.onTerminal(
                "\(TestHost.ours) create -c \(guest.path)", .expect("Linux version"), .type("\u{1D}"))
            #expect(result.exitCode == 0)
            #expect(result.stdout.contains("Linux version"), "\(result)")
            try await host.require("\(TestHost.ours) destroy options")
        }

        @Test func ctrlCBeforeTheGuestRunsLeavesNothing() async throws {
            try await guest.place(on: host)
            let result = try await host.onTerminal(
                "\(TestHost.ours) create -c \(guest.path)", .expect("Parsing"), .type("\u{03}"))
            // Whoever types late has started the guest, and then talks to it: the terminal's end closes its console.
            #expect([130, 0, 129].contains(result.exitCode), "\(result)")
            if result.exitCode == 130 { #expect(try await !host.exists("options")) }
        }

        @Test func theForegroundSaysWhatHappens() async throws {
            try await guest.place(on: host)
            let theirs = try await Oracle.answer("words") { try await foregroundWords(of: TestHost.upstream) }
            #expect(try await foregroundWords(of: TestHost.ours) == theirs)
        }

        private func foregroundWords(of tool: String) async throws -> String {
            let result = try await host.require(
                """
                \(tool) create -F \(guest.path) & pid=$!
                until \(runs); do sleep 0.2; done; \(TestHost.upstream) destroy options; wait $pid
                """)
            return (result.stdout + result.stderr).replacing(#/domid [0-9]+|Domain [0-9]+|pid [0-9]+/#, with: "N")
        }

        @Test func withoutAMonitorPausedAndQuiet() async throws {
            try await guest.place(on: host)
            let theirs = try await Oracle.answer("outcome") { try await createPaused(TestHost.upstream) }
            let ours = try await createPaused(TestHost.ours)
            #expect(ours == theirs)
            #expect(ours == Outcome(exitCode: 0, state: "--p---", hasMonitor: false))
            let loud = try await host.ours("create -e \(guest.path)")
            #expect(loud.stderr == "Parsing config from \(guest.path)\n")
        }

        /// Upstream's xl up to 4.21 makes as many masks as the file says vCPUs, and so none for the one vCPU of a file
        /// that does not say it (mended by its 4b71a86eaa).
        @Test(.processors(2), arguments: [("vcpus = 1", true), ("", false)])
        func masksOfTheHostsConfigurationCount(_ line: String, _ upstreamMasks: Bool) async throws {
            let guest = GuestConfiguration.idle("options", .pv, line)
            try await guest.place(on: host)
            try await host.require(
                "cp /etc/xen/xl.conf /root/xl.conf.kept; echo 'vm.cpumask=\"1\"' >> /etc/xen/xl.conf")
            await host.atEnd("mv /root/xl.conf.kept /etc/xen/xl.conf")
            for option in ["", "-i"] {
                let theirs = try await Oracle.answer("\"\(line)\" \(option)") {
                    try await affinity(of: guest, by: TestHost.upstream, option)
                }
                #expect(theirs == (option.isEmpty && upstreamMasks ? "1 all\n" : "all all\n"), "\(option)")
                let ours = try await affinity(of: guest, by: TestHost.ours, option)
                #expect(ours == (option.isEmpty ? "1 all\n" : "all all\n"), "\(option)")
            }
        }

        /// Hard and soft affinity of the one vCPU.
        private func affinity(of guest: GuestConfiguration, by tool: String, _ option: String) async throws -> String {
            try await host.require("\(tool) create -e -q \(option) \(guest.path)")
            let shown = try await host.require(
                "\(TestHost.upstream) vcpu-list options | awk 'NR > 1 { print $(NF-2), $NF }'")
            try await host.require("\(tool) destroy options")
            return shown.stdout
        }

        @Test func severalAreMadeFromOneConfigurationAndOneThatFailsIsTakenBackAlone() async throws {
            let many = GuestConfiguration.idle("many-{n}", .pv, "vif = [ \"mac=00:16:3e:00:01:{n:02x}\" ]")
            try await host.write(many.text, to: "/root/many.cfg")
            for number in 1...3 { await host.dropAtEnd("many-\(number)", files: "/root/many.cfg") }
            let before = try await Residue(of: host)
            let create = "create --count 3 --parallel 2 /root/many.cfg"

            let shared = try await host.ours("\(create) 'name=\"many\"'")
            #expect(shared.exitCode == 6)
            #expect(shared.stderr.contains("name many would be used by more than one domain"), "\(shared)")
            let large = try await host.ours("\(create) memory=100000")
            #expect(large.exitCode == 5)
            #expect(large.stderr.contains("cannot create 3 domains: they need"), "\(large)")
            #expect(before.differences(to: try await Residue(of: host)).isEmpty)

            // The second name is taken.
            try await host.require("\(TestHost.upstream) create -q -e /root/many.cfg 'name=\"many-2\"' 'vif=[]'")
            let made = try await host.ours(create)
            #expect(made.exitCode == 1)
            #expect(made.stdout == "2 of 3 domains were created.\n", "\(made)")
            #expect(made.stderr.contains("xl: error: many-2: "), "\(made)")
            for number in [1, 3] {
                #expect(try await host.state(of: "many-\(number)") == "-b----")
                let cards = try await host.upstream("network-list many-\(number)").stdout
                #expect(cards.contains("00:16:3e:00:01:0\(number)"), "\(cards)")
            }
            #expect(try await host.require("pgrep -fc 'xl \(create)'").stdout == "2\n", "a monitor for each")
            for number in 1...3 { try await host.require("\(TestHost.ours) destroy many-\(number)") }
            try await host.wait(until: "! pgrep -f 'xl \(create)'")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
        }

        private func createPaused(_ tool: String) async throws -> Outcome {
            let result = try await host.run("\(tool) create -e -p -q -f \(guest.path)")
            #expect(result.stdout + result.stderr == "")
            let outcome = try await outcome(of: result)
            try await host.require("\(tool) destroy options")
            return outcome
        }

        /// Nodes that a plan cannot know: they are the hypervisor's, the daemons' and the clock's.
        private static let unknown = ["/tty", "/port", "/ring-ref", "/start_time", "/state", "/hotplug-status"]

        @Test func aPlanIsWhatThenHappens() async throws {
            let guest = GuestConfiguration.idle(
                "options", .pvh, "vcpus = 2", "uuid = \"5b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5d\"",
                "disk = [ \"/root/plan.img,raw,xvda,rw\" ]", "vif = [ \"mac=00:16:3f:00:00:04\" ]")
            try await guest.place(on: host)
            try await host.makeDisk("/root/plan.img")
            let text = try await host.require("\(TestHost.ours) create -q --plan \(guest.path)").stdout
            let plan = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let assumed = try #require(plan["assumed_domid"] as? Int)
            let nodes = try #require(plan["nodes"] as? [[String: Any]])
            #expect((plan["problems"] as? [String]) == [])
            #expect(try await !host.exists("options"))
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            let domain = try await host.domain("options")
            // The plan can only guess the number that Xen will give.
            let number = try Regex("\\b\(domain)\\b")
            let store = Set(
                try await host.store().map { line in
                    line.replacing(#/ +\(/#, with: " (").replacing(number, with: "\(assumed)")
                })
            var missing: [String] = []
            var last: [String: [String: Any]] = [:]
            for node in nodes { if let path = node["path"] as? String { last[path] = node } }
            for (path, node) in last where !Self.unknown.contains(where: { path.hasSuffix($0) }) {
                let row = "\(path) = \"\(node["value"] as? String ?? "")\""
                if !store.contains(where: { $0.hasPrefix(row) }) { missing.append(row) }
            }
            #expect(missing.isEmpty, "\(missing.sorted().joined(separator: "\n"))")
            try await host.require("\(TestHost.ours) destroy options")
        }
    }
}
