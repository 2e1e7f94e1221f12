import Testing

extension HostTests {
    /// Whatever happens around the moment at which a guest changes hosts, one copy of it lives, and the sender finds out
    /// which. An HVM guest with nothing to boot can be sent without its help, and its device model makes it the harder case.
    @Suite struct MigrationFate {
        private static let isLong: Comment = "migrations of HVM guests take minutes in emulation"
        private static let limit = Duration.seconds(500)

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// - Returns: its number.
        private func start() async throws -> Int {
            await host.atEnd("rm -f /var/log/xen/*moved* /var/lib/xen/migration-arrival.* /root/migrate.log")
            try await host.placeFakeSSH()
            let guest = GuestConfiguration.hvm("moved")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)", timeout: Self.limit)
            return try await host.domain("moved")
        }

        private func migrate(_ environment: String) async throws -> CommandResult {
            try await host.run(
                """
                \(environment) \(TestHost.ours) migrate --no-live -e -s /root/fake-ssh moved here 2> /root/migrate.log
                code=$?; cat /root/migrate.log >&2
                while pgrep -f 'xl migrate-receive' > /dev/null; do sleep 0.5; done
                exit $code
                """, timeout: Self.limit)
        }

        /// One copy is left, and it runs.
        private func expectOne(_ number: Int?, after what: String) async throws {
            let list = try await host.guests()
            #expect(list.map(\.name) == ["moved"], "\(what): \(list)")
            // Neither paused nor shut down.
            #expect(list.first?.letters.contains(#/^[r-][b-]----$/#) == true, "\(what): \(list)")
            if let number { #expect(try await host.domain("moved") == number, "\(what)") }
            let status = try await host.ours("qemu-monitor-command moved 'info status'")
            #expect(status.stdout.contains("VM status: running"), "\(what): \(status)")
        }

        /// The hypervisor takes long to free the memory of a large domain. What stands for it here is the lock that a
        /// destruction takes before it calls the hypervisor.
        @Test(.enabled(if: TestHost.isFull, isLong)) func aCopyThatIsBeingDestroyedDoesNotRun() async throws {
            let number = try await start()
            let lock = "exec 8> /var/run/xen/domid-history.lock; flock 8"
            try await host.require(
                """
                (setsid sh -c 'until grep -q "destroying our copy" /root/migrate.log; do sleep 0.1; done
                    \(lock); sleep 40' > /dev/null 2>&1 < /dev/null &)
                """)
            let result = try await migrate("SLOW='sleep 15' CUT='line go:20'")
            #expect(result.exitCode == 1, "\(result)")
            try await expectOne(number, after: "\(result)")
        }

        /// `cont` activates the disks, which can take for ever: the sender is told nothing before it is known.
        @Test(.enabled(if: TestHost.isFull, isLong), arguments: ["line go:44", "line up:1000000"])
        func aCopyWhoseStartFailsIsNotStarted(_ cut: String) async throws {
            let number = try await start()
            let hook = "python3 /root/mute.py /var/run/xen/qmp-libxl-$(\(TestHost.upstream) domid moved--incoming)"
            let result = try await migrate("HOOK='\(hook)' CUT='\(cut)'")
            #expect(result.exitCode == 1, "\(result)")
            try await expectOne(number, after: "\(result)")
            try await host.require("rm -f /var/run/xen/qmp-libxl-*.real")
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aSilentLineIsLeft() async throws {
            let number = try await start()
            let result = try await migrate("CUT='silence down:20000000'")
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.stderr.contains("the other side has taken nothing of the suspended guest"), "\(result)")
            try await expectOne(number, after: "\(result)")
        }

        private static let faults = ["up:88", "go:0", "go:20", "go:44", "up:100", "up:127"].flatMap { point in
            ["line", "receiver", "terminate", "sender"].map { Migration.Fault(victim: $0, point: point) }
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func exactlyOneCopyOutlivesEveryFault() async throws {
            _ = try await start()
            for fault in Self.faults {
                let result = try await migrate("CUT='\(fault.victim) \(fault.point)'")
                if fault.victim == "sender" {
                    let first = try #require(try await host.guests().first).number
                    try await host.ours("migrate-recover \(first)", timeout: Self.limit)
                }
                try await expectOne(nil, after: "\(fault): \(result)")
            }
        }

        /// What lies there with the UUID, and has never run, or never will: the sender must not take it for its guest.
        @Test func theAnswerIsTheSameAgain() async throws {
            let uuid = "6b7dd1c5-9c8f-4e2f-9d36-3b1c6b0cf0aa"
            await host.atEnd("rm -f /var/lib/xen/migration-arrival.\(uuid)")
            func states() async throws -> String {
                try await host.require(
                    "for i in 1 2; do \(TestHost.ours) migrate-state \(uuid) | jq -r .state; done | uniq"
                ).stdout
            }
            #expect(try await states() == "unknown\n")
            for (stage, state) in [
                ("waiting", "returned"), ("starting", "undecided"), ("started", "started"), ("returned", "returned"),
            ] {
                try await host.require(
                    """
                    printf '{"domid":32000,"boot":"%s","stage":"\(stage)"}' $(cat /proc/sys/kernel/random/boot_id) \\
                        > /var/lib/xen/migration-arrival.\(uuid)
                    """)
                #expect(try await states() == state + "\n", "\(stage)")
            }
            try await host.require("rm /var/lib/xen/migration-arrival.\(uuid)")
            let guest = GuestConfiguration.idle("moved", .pv, "uuid = \"\(uuid)\"")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p -e \(guest.path)")
            #expect(try await states() == "undecided\n")
            try await host.require("\(TestHost.ours) unpause moved")
            #expect(try await states() == "started\n")
            // A domain that somebody made since is no copy that waits.
            try await host.require("\(TestHost.ours) destroy moved")
            #expect(try await states() == "unknown\n")
        }
    }
}
