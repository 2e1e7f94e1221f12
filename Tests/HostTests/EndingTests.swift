import Testing

extension HostTests {
    /// What the monitor of each tool does when a guest ends: the same, and it says the same.
    @Suite struct Endings {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        struct Ending: Sendable, CustomTestStringConvertible {
            let key: String
            let action: String
            var testDescription: String { "\(key)=\(action)" }

            /// The number by which guests give the reason (`SHUTDOWN_*` in `xen/sched.h`).
            var reason: Int {
                ["on_poweroff": 0, "on_reboot": 1, "on_crash": 3, "on_watchdog": 4, "on_soft_reset": 5][key] ?? 3
            }
        }

        private static let actions = [
            "destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "soft-reset",
        ]
        private static let keys = ["on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset"]
        /// Each action once, and each reason. A core dump of a PVH guest takes minutes: libxenctrl looks at every page
        /// below 4 GiB.
        private static let essential = [
            Ending(key: "on_poweroff", action: "destroy"), Ending(key: "on_reboot", action: "restart"),
            Ending(key: "on_crash", action: "rename-restart"), Ending(key: "on_watchdog", action: "preserve"),
            Ending(key: "on_soft_reset", action: "soft-reset"),
        ]
        static let endings =
            TestHost.isFull
            ? keys.flatMap { key in actions.map { Ending(key: key, action: $0) } } : essential

        @Test(arguments: endings)
        func isFollowedByWhatUpstreamDoes(_ ending: Ending) async throws {
            // Of a PV guest without a memory map of its own, as the idle one is, nobody can dump the core.
            let kind: GuestConfiguration.Kind = ending.action.hasPrefix("coredump") ? .pvh : .pv
            let guest = GuestConfiguration.idle("ended", kind, "\(ending.key) = \"\(ending.action)\"")
            try await guest.place(on: host)
            try await host.require("mkdir -p /var/lib/xen/dump")
            await host.atEnd("rmdir /var/lib/xen/dump")
            let theirs = try await Oracle.answer(ending.testDescription) {
                try await outcome(of: ending, guest, by: TestHost.upstream)
            }
            var ours = try await outcome(of: ending, guest, by: TestHost.ours)
            if ending.action == "soft-reset" {
                #expect(ours.log.contains("in place: that is possible for HVM guests only"))
                ours.log = theirs.log
            }
            #expect(ours == theirs)
            #expect(ours.dumps.isEmpty == (kind == .pv))
        }

        @Test func aRestartTakesTheUpdatedConfiguration() async throws {
            let guest = GuestConfiguration.idle("ended", .pv, "on_reboot = \"restart\"")
            try await guest.place(on: host)
            var update = GuestConfiguration.idle("ended", .pv, "memory = 5", "vcpus = 2", "on_reboot = \"destroy\"")
            update.lines.removeAll { $0 == "memory = 4" }
            try await host.write(update.text, to: "/root/update.cfg")
            await host.atEnd("rm -f /root/update.cfg")
            let ending = Ending(key: "on_reboot", action: "restart")
            let command = "config-update ended /root/update.cfg"
            let theirs = try await Oracle.answer(ending.testDescription) {
                try await outcome(of: ending, guest, by: TestHost.upstream, after: command)
            }
            let ours = try await outcome(of: ending, guest, by: TestHost.ours, after: command)
            #expect(ours == theirs)
            #expect(ours.domains.contains(" 5 "), "the new domain has what the update says: \(ours.domains)")
        }

        private struct Outcome: Codable, Equatable {
            /// Names, memory, vCPUs and states, sorted, as upstream's tool shows them, which then shows each as a document.
            var domains: String
            var configurations: String
            var dumps: String
            var log: String
        }

        /// Ends a guest, and waits until its monitor watches the next one or has nothing left to do.
        private func outcome(
            of ending: Ending, _ guest: GuestConfiguration, by tool: String, after command: String? = nil
        ) async throws -> Outcome {
            let log = "/var/log/xen/xl-ended.log"
            await host.atEnd("rm -f \(log)* /var/lib/xen/dump/ended")
            await host.dropAtEnd("ended*")
            try await host.require("rm -f \(log)*; \(tool) create -q \(guest.path)")
            let first = try await host.domain("ended")
            if let command { try await host.require("\(tool) \(command)") }
            try await host.end(first, reason: ending.reason)
            try await host.wait(
                until: "[ $(grep -cE '^Done. Exiting now|^Waiting for domain' \(log)) -ge 2 ] || "
                    + "! pgrep -f 'create -q \(guest.path)'", timeout: .seconds(300))
            let shown = try await host.require(
                """
                \(TestHost.upstream) list | awk '/^ended/ { print $1, $3, $4, substr($5, 3) }' | sort > /root/ended
                cat /root/ended; echo ====
                for i in $(cut -d' ' -f1 /root/ended); do \(TestHost.upstream) list -l $i; done; echo ====
                stat -c '%n %s %a' /var/lib/xen/dump/ended* 2> /dev/null; echo ====; cat \(log); rm -f /root/ended
                """
            ).stdout.components(separatedBy: "====\n").map(Self.withoutChance)
            for guest in try await host.guests().filter({ $0.name.hasPrefix("ended") }) {
                try await host.require("\(tool) destroy \(guest.number)")
            }
            try await host.require("rm -f /var/lib/xen/dump/ended*")
            try await host.wait(until: "! pgrep -f 'create -q \(guest.path)'")
            try #require(shown.count == 4)
            return Outcome(domains: shown[0], configurations: shown[1], dumps: shown[2], log: shown[3])
        }

        /// Without times and numbers of domains and processes.
        private static func withoutChance(_ text: String) -> String {
            text.withoutUUIDs.replacing(/[0-9]{8}T[0-9]{4}Z/, with: "TIME").replacing(/pid [0-9]+/, with: "pid N")
                .replacing(/\(domid [0-9]+/, with: "(domid N").replacing(/"domid": [0-9]+/, with: "\"domid\": N")
                .replacing(/([Dd])omain [0-9]+/) { "\($0.1)omain N" }
                // Upstream restarts a guest after two seconds, however short its life was.
                .split(separator: "\n", omittingEmptySubsequences: false)
                .filter { !$0.contains("has lived for less than") }.joined(separator: "\n")
        }
    }
}
