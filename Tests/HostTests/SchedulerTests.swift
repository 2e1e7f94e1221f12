import Foundation
import Testing

extension HostTests {
    /// The schedulers' commands answer as upstream's, and what they set is there for both.
    @Suite(.processors(2)) struct Schedulers {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// One pool that credit2 schedules, with the guest `second`, and one that credit does, with `first`.
        private func prepare() async throws {
            await host.atEnd(
                """
                \(TestHost.upstream) cpupool-destroy of-credit 2> /dev/null
                \(TestHost.upstream) cpupool-cpu-add Pool-0 all 2> /dev/null
                """)
            try await host.require(
                """
                \(TestHost.upstream) cpupool-cpu-remove Pool-0 1
                \(TestHost.upstream) cpupool-create name='"of-credit"' sched='"credit"' cpus='["1"]'
                """)
            for name in ["first", "second"] {
                var guest = GuestConfiguration.idle(name, .pv, "vcpus = 2")
                if name == "first" { guest.lines.append("pool = \"of-credit\"") }
                try await guest.place(on: host)
                try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            }
        }

        /// What holds for the pools and the domains.
        private static let state = ["sched-credit", "sched-credit2", "sched-rtds"].map { "\(TestHost.upstream) \($0)" }
            .joined(separator: "; ")
        /// Puts back what they begin with.
        private static let reset = [
            "sched-credit -d first -w 256 -c 0", "sched-credit2 -d second -w 256 -c 0",
            "sched-credit2 -d 0 -w 256 -c 0",
            "sched-credit -s -p of-credit -t 30 -r 1000 -m 0", "sched-credit2 -s -r 1000",
        ].map { "\(TestHost.upstream) \($0)" }.joined(separator: "; ")

        private static let commands = [
            "sched-credit", "sched-credit2", "sched-rtds", "sched-rtds -v all", "sched-credit -d first",
            "sched-credit2 -d second", "sched-credit2 -d 0", "sched-credit -d second", "sched-credit2 -d first",
            "sched-rtds -d first", "sched-rtds -d first -v 0", "sched-rtds -d first -v all", "sched-credit -d nosuch",
            "sched-credit2 -d 4711", "sched-rtds -d nosuch", "sched-credit -d first -w 512",
            "sched-credit -d first -c 150", "sched-credit -d first -w 1 -c 200",
            "sched-credit --domain=first --weight=3",
            "sched-credit -d first --cap 7", "sched-credit -dfirst -w65535", "sched-credit -d first -w 0",
            "sched-credit -d first -w 65536", "sched-credit -d first -w -2", "sched-credit -d first -c 201",
            "sched-credit -d first -c -2", "sched-credit2 -d second -w 100 -c 50", "sched-credit2 -d 0 -w 300",
            "sched-credit2 -d second -c 201", "sched-credit2 -d first -w 2", "sched-credit -d second -w 2",
            "sched-credit -w 2", "sched-credit2 -c 2", "sched-credit -p of-credit", "sched-credit2 -p Pool-0",
            "sched-credit2 -p of-credit", "sched-credit -p nosuch", "sched-credit2 -p nosuch",
            "sched-rtds --cpupool=nosuch",
            "sched-rtds --cpupool=Pool-0", "sched-credit -s", "sched-credit2 -s", "sched-credit -s -p of-credit",
            "sched-credit2 -s -p of-credit", "sched-credit2 -s -p nosuch", "sched-credit -p of-credit -d first",
            "sched-credit2 -p Pool-0 -d second", "sched-credit -s -d first", "sched-credit -t 5", "sched-credit -r 500",
            "sched-credit -s -p of-credit -t 5", "sched-credit -s -p of-credit -t 5 -r 2000 -m 100",
            "sched-credit -s -p of-credit --tslice_ms 1000 --ratelimit_us=0 --migration_delay_us 100000",
            "sched-credit -s -p of-credit -t 0", "sched-credit -s -p of-credit -t 1001",
            "sched-credit -s -p of-credit -r 99", "sched-credit -s -p of-credit -r 30001",
            "sched-credit -s -p of-credit -m 100001", "sched-credit -s -t 5", "sched-credit2 -s -r 5000",
            "sched-credit2 -s -r 0", "sched-credit2 -s -r 500000", "sched-credit2 -s -r 500001",
            "sched-credit2 -s -r -1",
            "sched-credit2 -s -p of-credit -r 5000", "sched-rtds -p 100", "sched-rtds -v 0",
            "sched-rtds -d first -p 100 -b 50 -e 0", "sched-rtds -d first -v 0 -v all", "sched-rtds -d first -v 0 -e 2",
            "sched-rtds -d first -v 0 -p 100", "sched-rtds -d first -v 0 -v 1 -p 100 -b 50 -e 0",
            "sched-rtds -d first -v 0 -p 100 -b 50 -e 0", "sched-rtds -d first -v all -p 100 -b 50 -e 1",
            "sched-credit --nosuch", "sched-credit2 -t 5", "sched-rtds -w 5", "sched-credit -w",
        ]

        private struct Effect: Codable, Equatable {
            var exitCode: Int
            var stdout: String
            var state: String
        }

        private func effect(of command: String, by tool: String) async throws -> Effect {
            let result = try await host.run("\(tool) \(command)")
            let state = try await host.run("\(Self.state); \(Self.reset)").stdout
            let number = #/^(first|second|Domain-0)( +)[0-9]+ /#.anchorsMatchLineEndings()
            let normalised = { (text: String) in text.replacing(number) { "\($0.1) N " } }
            // Upstream's begins its table before it fails; nobody reads that.
            return Effect(
                exitCode: result.exitCode, stdout: result.exitCode == 0 ? normalised(result.stdout) : "",
                state: normalised(state))
        }

        @Test func answersAndEffectsAreUpstreams() async throws {
            try await prepare()
            // Each takes seconds in emulation, as all is read back and put back by upstream's tool.
            let commands =
                TestHost.isFull
                ? Self.commands : Self.commands.enumerated().filter { $0.offset % 9 == 3 }.map(\.element)
            for command in commands {
                let theirs = try await Oracle.answer(command) { try await effect(of: command, by: TestHost.upstream) }
                #expect(try await effect(of: command, by: TestHost.ours) == theirs, "\(command)")
            }
        }

        @Test func whatUpstreamPassesOverIsRefused() async throws {
            try await prepare()
            let before = try await host.run(Self.state).stdout
            for (command, code) in [
                ("sched-credit2 -s -r x", 2), ("sched-credit -d first -w 2x", 2), ("sched-credit2 -r 5", 1),
                ("sched-credit2 -s -d second", 1), ("sched-credit extra", 2), ("sched-credit -d first -w -1", 1),
                ("sched-credit2 -d second -c -1", 1),
            ] {
                #expect(try await host.ours(command).exitCode == code, "\(command)")
            }
            let rtds = try await host.ours("sched-rtds")
            #expect(rtds.stderr.contains("CONFIG_SCHED_RTDS"))
            #expect(try await host.run(Self.state).stdout == before)
        }

        @Test func theKeysOfAConfigurationDoTheSame() async throws {
            let guest = GuestConfiguration.idle("keys", .pv, "cpu_weight = 300", "cap = 40")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            let shown = try await host.require("\(TestHost.ours) sched-credit2 -d keys --json").stdout
            let pools = try JSONSerialization.jsonObject(with: Data(shown.utf8)) as? [[String: Any]]
            let domain = (pools?.first?["domains"] as? [[String: Any]])?.first
            #expect(domain?["weight"] as? Int == 300 && domain?["cap_percent"] as? Int == 40)
            let changed = try await host.require("\(TestHost.ours) sched-credit2 -d keys -w 301 --json").stdout
            #expect(changed.contains("\"weight\": 301") && changed.contains("\"cap_percent\": 40"))
            let stored = try await host.require("\(TestHost.upstream) list -l keys").stdout
            #expect(stored.contains("\"weight\": 301"))
        }
    }
}
