import Testing

extension HostTests {
    /// Faults and interruptions in the middle of work: what was begun is undone or finished.
    @Suite struct Reliability {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// A running idle guest.
        private func start(_ name: String, _ more: String...) async throws {
            var guest = GuestConfiguration.idle(name, .pv)
            guest.lines += more
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)")
            await host.atEnd("\(TestHost.ours) destroy \(name)")
        }

        @Test func aSaveThatNobodyReadsLetsTheGuestGoOn() async throws {
            // One that needs no driver in it to be suspended.
            let guest = GuestConfiguration.hvm("unread")
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q \(guest.path)", timeout: .seconds(240))
            let result = try await host.run(
                """
                mkfifo /root/unread.fifo; head -c 100000 /root/unread.fifo > /dev/null &
                timeout 150 \(TestHost.ours) save unread /root/unread.fifo; code=$?; rm -f /root/unread.fifo; exit $code
                """)
            #expect(result.exitCode == 1, "\(result)")
            #expect(result.stderr.contains("Broken pipe"), "\(result.stderr)")
            #expect(try await host.state(of: "unread")?.contains("s") == false, "it is not suspended")
        }

        @Test(arguments: ["INT", "TERM"]) func aStoppedAttachLeavesNothing(_ signal: String) async throws {
            try await start("attached")
            try await host.write(
                """
                #!/bin/sh
                [ "$1" = add ] && sleep 5
                xenstore-write "$XENBUS_PATH/physical-device" 7:0 "$XENBUS_PATH/hotplug-status" connected
                """, to: "/root/slow-block")
            await host.atEnd("rm -f /root/slow-block")
            try await host.require("chmod 755 /root/slow-block")
            let before = try await Residue(of: host)
            let result = try await host.run(
                """
                timeout -s \(signal) 2 env --default-signal=INT \
                \(TestHost.ours) block-attach attached script=/root/slow-block,vdev=xvdc,target=x
                """)
            #expect(result.exitCode == 124, "\(result)")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
        }

        /// xenstored keeps silent for longer than a request waits, while the block script runs.
        @Test func aCreateIsUndoneWhenTheStoreAnswersAgain() async throws {
            try await host.write(
                """
                #!/bin/sh
                [ "$1" = add ] && kill -STOP $(pidof oxenstored xenstored)
                exit 1
                """, to: "/root/stop-store")
            await host.atEnd("rm -f /root/stop-store")
            let guest = GuestConfiguration.idle(
                "silenced", .pv, "disk = [ \"script=/root/stop-store,vdev=xvda,target=x\" ]")
            try await guest.place(on: host)
            let result = try await host.run(
                """
                chmod 755 /root/stop-store; store=$(pidof oxenstored xenstored)
                (sleep 15; kill -CONT $store) &
                timeout 120 \(TestHost.ours) create -q -e \(guest.path)
                """)
            #expect(result.exitCode != 0 && result.exitCode != 124, "\(result)")
        }

        @Test func aGuestThatEndsAtOnceIsRestartedFurtherAndFurtherApart() async throws {
            try await start("hasty", "on_reboot = \"restart\"")
            let log = "/var/log/xen/xl-hasty.log"
            await host.atEnd("rm -f \(log)*")
            for pause in [2, 4] {
                try await host.end(try await host.domain("hasty"), reason: 1)
                try await host.wait(until: "grep -q 'Waiting \(pause) s before its restart' \(log)")
                try await host.wait(until: "[ $(grep -c '^Waiting for domain' \(log)) -ge \(pause / 2 + 1) ]")
            }
        }
    }
}
