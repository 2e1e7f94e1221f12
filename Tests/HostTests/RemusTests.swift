import Testing

extension HostTests {
    /// A guest that is copied again and again, and goes on in its copy when it ends here.
    @Suite(.enabled(if: TestHost.isFull, "checkpoints take long in emulation")) struct Remus {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let directions = [
            MovingGuest.Direction(kind: .pvh, sender: TestHost.ours, receiver: TestHost.ours),
            MovingGuest.Direction(kind: .pvh, sender: TestHost.ours, receiver: TestHost.upstream),
            MovingGuest.Direction(kind: .pvh, sender: TestHost.upstream, receiver: TestHost.ours),
            MovingGuest.Direction(kind: .hvm, sender: TestHost.ours, receiver: TestHost.ours),
        ]

        /// Begins to protect the guest, and waits until its copy is complete.
        private func protect(_ guest: MovingGuest, _ direction: MovingGuest.Direction) async throws {
            await host.atEnd("rm -f /root/remus.* /var/log/xen/*moved*")
            try await host.require(
                """
                (setsid sh -c '\(direction.sender) remus -F -n -d -i 500 -s "" \(guest.name) \\
                    "tee /root/remus.stream | \(direction.receiver) migrate-receive -r -e"; echo "exit $?"' \\
                    > /root/remus.log 2>&1 < /dev/null &)
                """)
            try await awaitCheckpoints()
        }

        /// Waits until what the guest has done so far is in its copy: until the stream has grown, paused and grown again.
        private func awaitCheckpoints() async throws {
            try await host.require(
                """
                size() { stat -c %s /root/remus.stream; }
                until [ -e /root/remus.stream ]; do sleep 0.1; done
                pauses=0
                while [ $pauses -lt 4 ]; do
                    ! grep ^exit /root/remus.log || exit 1
                    before=$(size); sleep 0.2
                    if [ "$before" = "$(size)" ] && [ "$before" -gt 50000000 ]; then
                        pauses=$((pauses + 1))
                        while [ "$before" = "$(size)" ] && ! grep -q ^exit /root/remus.log; do sleep 0.1; done
                    fi
                done
                """, timeout: .seconds(600))
        }

        @Test(arguments: directions)
        func theCopyGoesOnWhenTheGuestIsDestroyed(_ direction: MovingGuest.Direction) async throws {
            let guest = try await MovingGuest("moved", direction.kind, by: TestHost.ours, on: host)
            try await protect(guest, direction)
            let made = try await host.inGuest(guest.domain, "cp /m/f /m/g; md5sum /m/g")
            try await awaitCheckpoints()
            try await host.require("\(TestHost.ours) destroy moved")
            try await host.wait(until: "grep -q ^exit /root/remus.log", timeout: .seconds(300))
            try await host.wait(for: "the copy") { try await host.exists("moved") }
            let log = try await host.require("cat /root/remus.log").stdout
            #expect(log.contains("Remus: Primary domain has been destroyed."), "\(log)")
            #expect(log.contains("migration target: Remus Failover for domain"), "\(log)")
            try await guest.expectWhole()
            let kept = try await host.inGuest(try await host.domain("moved"), "md5sum /m/g")
            let sum = try #require(made.firstMatch(of: /[0-9a-f]{32}/)?.output)
            #expect(kept.contains(sum), "\(kept)")
        }

        @Test(arguments: [TestHost.ours, TestHost.upstream])
        func theCopyIsDroppedWhenProtectionIsStopped(_ receiver: String) async throws {
            let guest = try await MovingGuest("moved", .pvh, by: TestHost.ours, on: host)
            try await protect(guest, MovingGuest.Direction(kind: .pvh, sender: TestHost.ours, receiver: receiver))
            try await host.require("pkill -TERM -f '^\(TestHost.ours) remus '")
            try await host.wait(
                until: "grep -q ^exit /root/remus.log && ! pgrep -f 'xl migrate-receive'", timeout: .seconds(200))
            let log = try await host.require("cat /root/remus.log").stdout
            #expect(log.contains("exit 0"), "\(log)")
            #expect(try await host.guests().count == 1)
            #expect(try await host.domain("moved") == guest.domain)
            try await guest.expectMemory()
        }

        @Test func itGoesOnWhenItsReceiverEnds() async throws {
            let guest = try await MovingGuest("moved", .pvh, by: TestHost.ours, on: host)
            try await protect(guest, Self.directions[0])
            // The younger one takes the copy away.
            try await host.require("pkill -KILL -o -f '^\(TestHost.ours) migrate-receive'")
            try await host.wait(until: "grep -q ^exit /root/remus.log", timeout: .seconds(200))
            let log = try await host.require("cat /root/remus.log").stdout
            #expect(log.contains("Remus: Backup failed? resuming domain at primary."), "\(log)")
            #expect(log.contains("exit 1"), "\(log)")
            try await host.waitUntilGone("moved--incoming")
            #expect(try await host.domain("moved") == guest.domain)
            try await guest.expectMemory()
        }

        /// A stand-in for the stock script, which wants tools that Debian's Xen does not bring along.
        private static let networkScript = """
            #!/bin/sh
            case $1 in
            setup)
                set -e
                ip link add ifb-remus type ifb
                ip link set ifb-remus up
                tc qdisc add dev $vifname ingress
                tc filter add dev $vifname parent ffff: proto all prio 10 u32 match u32 0 0 \\
                    action mirred egress redirect dev ifb-remus
                tc qdisc add dev ifb-remus root plug limit 10000000
                xenstore-write $XENBUS_PATH/ifb ifb-remus ;;
            teardown)
                tc qdisc del dev $vifname ingress
                ip link del $REMUS_IFB
                xenstore-rm $XENBUS_PATH/ifb ;;
            esac
            """

        @Test func whatTheGuestSendsWaitsForItsCheckpoint() async throws {
            let guest = try await MovingGuest("moved", .pvh, by: TestHost.ours, on: host)
            await host.atEnd("rm -f /root/remus.* /root/remus-net")
            try await host.write(Self.networkScript, to: "/root/remus-net")
            let before = try await Residue(of: host)
            try await host.require(
                """
                chmod 755 /root/remus-net
                (setsid sh -c '\(TestHost.ours) remus -F -b -d -i 3000 -N /root/remus-net moved; echo "exit $?"' \
                    > /root/remus.log 2>&1 < /dev/null &)
                """)
            try await host.wait(until: "tc qdisc show dev ifb-remus 2> /dev/null | grep -q plug")
            try await host.require(
                """
                (setsid sh -c 'until tc -s qdisc show dev ifb-remus | grep -q "backlog [1-9]"; do sleep 0.1; done
                    touch /root/remus.held' > /dev/null 2>&1 < /dev/null &)
                """)
            let ping = try await host.inGuest(guest.domain, "ping -c 5 -W 60 192.168.77.1")
            try await host.wait(until: "[ -e /root/remus.held ]")
            #expect(ping.contains("5 packets received"), "\(ping)")
            try await host.require("pkill -TERM -f '^\(TestHost.ours) remus '")
            try await host.wait(until: "grep -q ^exit /root/remus.log", timeout: .seconds(200))
            let log = try await host.require("cat /root/remus.log").stdout
            #expect(log == "exit 0\n")
            let left = before.differences(to: try await Residue(of: host)).filter { !$0.contains("remus") }
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            #expect(try await host.run("ip link show ifb-remus").exitCode != 0)
            try await guest.expectMemory()
        }
    }
}
