import Testing

extension HostTests {
    /// What upstream lacks: limits of a migration, and a way back from it at every moment.
    @Suite struct MigrationControl {
        private static let isLong: Comment = "migrations of a guest that writes to its memory take minutes in emulation"
        private static let receiver = "'\(TestHost.ours) migrate-receive -e'"

        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private func startBusyGuest() async throws -> MovingGuest {
            await host.atEnd("rm -f /var/log/xen/*moved* /root/migrate.* /var/lib/xen/migration-arrival.*")
            let guest = try await MovingGuest("moved", .pvh, by: TestHost.ours, on: host)
            _ = try await host.inGuest(
                guest.domain, "(while :; do dd if=/dev/zero of=/m/z bs=1M count=24; done) > /dev/null 2>&1 & :")
            return guest
        }

        /// Leaves a migration running; how it ends is then in /root/migrate.code, what it says in /root/migrate.log.
        private func begin(_ options: String) async throws {
            try await host.require(
                """
                rm -f /root/migrate.*
                (setsid sh -c '"$@" > /root/migrate.log 2>&1 < /dev/null; echo $? > /root/migrate.code' sh \
                    \(TestHost.ours) migrate \(options) -s "" moved \(Self.receiver) > /dev/null 2>&1 &)
                """)
        }

        private func end(with code: Int, after script: String = "true") async throws {
            try await host.require(script)
            try await host.wait(until: "[ -s /root/migrate.code ]", timeout: .seconds(300))
            let log = try await host.require("cat /root/migrate.log").stdout
            #expect(try await host.require("cat /root/migrate.code").stdout == "\(code)\n", "\(log)")
            try await host.wait(until: "! pgrep -f 'xl migrate-receive'")
        }

        private static let stop = "pkill -TERM -o -f '^\(TestHost.ours) migrate '"
        private static let cap = "\(TestHost.upstream) sched-credit2 -d moved | awk 'END { print $NF }'"

        private func expectUntouched(_ guest: MovingGuest) async throws {
            #expect(try await host.domain("moved") == guest.domain)
            #expect(try await host.guests().count == 1)
            #expect(try await host.require(Self.cap).stdout == "0\n")
            try await guest.expectMemory()
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aBusyGuestIsGivenUpWhenTold() async throws {
            let guest = try await startBusyGuest()
            for (limits, words) in [
                ("--max-iterations 3", "after 3 rounds, and the rest would take"), ("--timeout 1", "after 1"),
            ] {
                let result = try await host.ours(
                    "migrate --max-downtime 1 --if-busy abort \(limits) -s '' moved \(Self.receiver)",
                    timeout: .seconds(300))
                #expect(result.exitCode == 1)
                #expect(
                    result.stderr.contains("the guest writes to its memory as fast as it can be sent: \(words)"),
                    "\(result)")
                try await host.wait(until: "! pgrep -f 'xl migrate-receive'")
                try await expectUntouched(guest)
            }
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aRateIsKept() async throws {
            await host.atEnd("rm -f /var/log/xen/*moved* /var/lib/xen/migration-arrival.*")
            let guest = try await MovingGuest("moved", .pvh, by: TestHost.ours, on: host)
            let result = try await host.require(
                "\(TestHost.ours) migrate --bandwidth 10 --json -s '' moved \(Self.receiver) 2> /dev/null",
                timeout: .seconds(300))
            let rate = try await host.require(
                "printf %s \(result.stdout.shellQuoted) | jq '.bytes / .seconds <= 10000000 and .bytes > 50000000'")
            #expect(rate.stdout == "true\n", "\(result)")
            try await guest.expectWhole()
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aThrottledGuestGetsItsTimeBack() async throws {
            let guest = try await startBusyGuest()
            let options = "--if-busy throttle --max-downtime 1 --max-iterations 1 --bandwidth 20"
            let throttled = "[ $(\(Self.cap)) -gt 0 ]"
            try await begin(options)
            try await host.wait(until: throttled, timeout: .seconds(200))
            try await end(with: 128 + 15, after: Self.stop)
            try await expectUntouched(guest)

            try await begin(options)
            try await host.wait(until: throttled, timeout: .seconds(200))
            try await end(with: 128 + 9, after: "pkill -KILL -o -f '^\(TestHost.ours) migrate '")
            try await host.wait(until: "[ $(\(Self.cap)) = 0 ]")
            // The guest may have been suspended by then; and what a killed process has locked, it leaves.
            try await host.ours("migrate-recover moved")
            try await expectUntouched(guest)

            try await host.require(
                "\(TestHost.ours) migrate --if-busy throttle --max-downtime 500 --max-iterations 1 -s '' moved \(Self.receiver)",
                timeout: .seconds(500))
            #expect(try await host.domain("moved") != guest.domain)
            #expect(try await host.require(Self.cap).stdout == "0\n")
            try await guest.expectMemory()
        }

        @Test(.enabled(if: TestHost.isFull, isLong)) func aSecondMigrationIsRefused() async throws {
            let guest = try await startBusyGuest()
            try await begin("--bandwidth 2")
            try await host.wait(until: "grep -q 'Saving to migration stream' /root/migrate.log")
            for command in ["migrate -s '' moved \(Self.receiver)", "save moved /root/migrate.file"] {
                let second = try await host.ours(command)
                #expect(second.exitCode == 1)
                #expect(second.stderr.contains("it is being saved or migrated already"), "\(second)")
            }
            try await end(with: 128 + 15, after: Self.stop)
            try await expectUntouched(guest)
        }

        /// A connection that never says anything is waited for, as somebody may be typing a password, and can be left.
        @Test func aSilentConnectionCanBeLeft() async throws {
            let guest = GuestConfiguration.idle("moved", .pv)
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let result = try await host.run(
                """
                \(TestHost.ours) migrate --skip-check -s 'sleep 1234;' moved here & pid=$!
                until pgrep -f 'sleep 1234' > /dev/null; do sleep 0.1; done
                kill -TERM $pid; wait $pid; code=$?
                ! pgrep -f 'sleep 1234' || exit 99
                exit $code
                """)
            #expect(result.exitCode == 128 + 15, "\(result)")
            #expect(try await host.state(of: "moved") == "-b----")
        }
    }
}
