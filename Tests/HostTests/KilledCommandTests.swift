import Testing

extension HostTests {
    /// `kill -9` while a script or a bootloader works: the next ordinary command clears what is left. `KillMatrix` has the
    /// moments between.
    @Suite struct KilledCommands {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// A block script that takes its time to connect.
        private static let slowScript = """
            #!/bin/sh
            [ "$1" != add ] || sleep 3
            exec /etc/xen/scripts/block "$@"
            """

        /// A bootloader that has opened its disk, and waits.
        private static let bootloader = """
            #!/bin/sh
            for word; do
                case $word in --output-directory=*) directory=${word#*=} ;; esac
                disk=$word
            done
            exec < "$disk"
            echo kernel > "$directory/kernel"
            touch /root/killed.ready
            exec sleep 300
            """

        private func expectNothingLeft(since before: Residue, _ what: String) async throws {
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(what):\n\(left.joined(separator: "\n"))")
        }

        @Test func aDestroyWaitsForTheScriptOfAKilledAttach() async throws {
            let guest = GuestConfiguration.idle("killed", .pv)
            try await guest.place(on: host)
            await host.atEnd("rm -f /root/killed.*")
            try await host.write(Self.slowScript, to: "/root/killed.script")
            try await host.require("chmod 755 /root/killed.script; truncate -s 1M /root/killed.img")
            let before = try await Residue(of: host)
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            try await host.require(
                """
                disk=script=/root/killed.script,vdev=xvdc,format=raw,target=/root/killed.img
                \(TestHost.ours) block-attach killed $disk & pid=$!
                until pgrep -f '^/bin/sh /root/killed.script'; do sleep 0.1; done
                kill -9 $pid; wait $pid
                \(TestHost.ours) destroy killed
                """)
            try await expectNothingLeft(since: before, "after a killed attach")
        }

        @Test func aDestroyRemovesWhatTheBootloaderOfAKilledCreateLeft() async throws {
            let guest = GuestConfiguration(
                name: "killed", kind: .pv,
                lines: [
                    "memory = 4", "bootloader = \"/root/killed.boot\"",
                    "disk = [ \"script=/etc/xen/scripts/block,vdev=xvda,format=raw,target=/root/killed.img\" ]",
                ])
            try await guest.place(on: host)
            await host.atEnd("rm -f /root/killed.*")
            try await host.write(Self.bootloader, to: "/root/killed.boot")
            try await host.require(
                "chmod 755 /root/killed.boot; truncate -s 1M /root/killed.img; touch /root/killed.ready")
            let before = try await Residue(of: host)
            try await host.require(
                """
                rm /root/killed.ready
                \(TestHost.ours) create -q -e \(guest.path) & pid=$!
                until [ -e /root/killed.ready ]; do kill -0 $pid || exit 1; sleep 0.1; done
                kill -9 $pid; wait $pid
                \(TestHost.ours) destroy killed
                """)
            try await expectNothingLeft(since: before, "after a killed bootloader")
        }
    }
}
