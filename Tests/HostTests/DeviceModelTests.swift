import Testing

extension HostTests {
    /// QEMU gets from our tool what it gets from upstream's, and its failures are told and leave nothing.
    @Suite struct DeviceModel {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// A group at a time, as what the cases name is made once for them all.
        @Test(arguments: TestHost.isFull ? DeviceModelCase.groups.keys.sorted() : ["essential"])
        func isStartedAsByUpstream(_ group: String) async throws {
            let recorder = try await RecordingQEMU(on: host)
            for item in DeviceModelCase.groups[group] ?? DeviceModelCase.essential {
                try await compare(item, recorder)
            }
        }

        /// Each domain takes seconds to build in emulation, so ours is made only for one case of each kind: there, what
        /// it starts QEMU with is what its plan says.
        private func compare(_ item: DeviceModelCase, _ recorder: RecordingQEMU) async throws {
            let guest = guest(item)
            try await host.write(guest.text, to: guest.path)
            let theirs = try await Oracle.answer(item.name) {
                var theirs = try await recorder.record(guest, by: TestHost.upstream)
                theirs.arguments = theirs.arguments.map(Self.withChannelsFromOne)
                #expect(theirs.arguments.count > 20, "\(item): upstream's did not start QEMU: \(theirs.errors)")
                theirs.errors = ""
                return theirs
            }
            let plan = try await recorder.plan(guest)
            // Where a script puts a disk is known only when it has run.
            let isPlanned = !item.lines.contains { $0.contains("script=") }
            if isPlanned { #expect(plan.arguments == theirs.arguments, "\(item)") }
            #expect(plan.environment == theirs.environment, "\(item)")
            if !isPlanned || item.isEssential {
                let ours = try await recorder.record(guest, by: TestHost.ours)
                #expect(ours.arguments == theirs.arguments, "\(item)")
                #expect(ours.environment == theirs.environment, "\(item)")
                #expect(ours.exitCode == theirs.exitCode, "\(item): \(ours.errors)")
            }
            print("compared: \(item.name), \(theirs.arguments.count) arguments")
        }

        @Test(.enabled(if: TestHost.isFull, "two guests take a minute in emulation"))
        func isConfinedAsByUpstream() async throws {
            let guest = GuestConfiguration.hvm("confined", "dm_restrict = 1", "serial = \"pty\"", "vnc = 1")
            try await guest.place(on: host)
            try await host.require("useradd -u 60000 -s /usr/sbin/nologin xen-qemuuser-range-base")
            await host.atEnd("rm -f /run/xen/dm-reaper-lock; rmdir /run/xen/qemu-root-* 2> /dev/null || :")
            await host.atEnd("userdel xen-qemuuser-range-base")
            let theirs = try await Oracle.answer("confinement") { try await confinement(guest, by: TestHost.upstream) }
            #expect(try await confinement(guest, by: TestHost.ours) == theirs)
            #expect(theirs.contains("own mnt") && theirs.contains("user +0"), "\(theirs)")
        }

        /// What may differ from one domain to the next is left out.
        private func confinement(_ guest: GuestConfiguration, by tool: String) async throws -> [String] {
            try await host.require("\(tool) create -q -e \(guest.path)")
            let domain = try await host.domain(guest.name)
            let seen = try await host.require(
                """
                process=$(cat /proc/$(pgrep -f -- '-xen-domid \(domain) ')/stat | cut -d' ' -f1) && cd /proc/$process || exit 1
                tr '\\0' '\\n' < cmdline; echo ====
                cat limits
                echo "root $(readlink root | sed s/\(domain)/DOMAIN/)"
                echo "user +$(($(awk '/^Uid/ { print $3 }' status) - 60000 - \(domain)))"
                for kind in mnt ipc net pid; do
                    [ $(readlink ns/$kind) = $(readlink /proc/1/ns/$kind) ] || echo "own $kind"
                done
                """)
            try await host.require("\(tool) destroy \(guest.name)")
            if tool == TestHost.ours {
                let left = try await host.run("ls -d /run/xen/qemu-root-\(domain) /proc/[0-9]*/cwd -l | grep qemu-root")
                #expect(left.stdout == "")
            }
            let lines = seen.lines.map(String.init)
            let arguments = lines.prefix { $0 != "====" }.map { $0.replacing(/fd=[0-9]+/, with: "fd=N") }
            return RecordingQEMU.normalised(arguments, domain: "\(domain)") + lines.dropFirst(arguments.count)
        }

        /// Upstream numbers channels from 0, which is the number of the first console.
        private static func withChannelsFromOne(_ argument: String) -> String {
            argument.replacing(/id=libxl-channel(\d+)/) { "id=libxl-channel\((Int($0.1) ?? 0) + 1)" }
        }

        private func guest(_ item: DeviceModelCase) -> GuestConfiguration {
            var lines = item.lines
            if item.kind == .hvm {
                lines.append("shadow_memory=8")
                if !lines.contains(where: { $0.hasPrefix("memory=") }) { lines.append("memory=32") }
            } else {
                lines += ["kernel=\"/root/guests/idle-\(item.kind.rawValue)\"", "memory=8", "shadow_memory=4"]
            }
            lines += ["device_model_override=\"\(RecordingQEMU.path)\"", "device_model_version=\"qemu-xen\""]
            return GuestConfiguration(name: "argv", kind: item.kind, lines: lines)
        }

        // MARK: Failures

        struct Failure: Sendable, CustomTestStringConvertible {
            let what: String
            /// Makes the program.
            let script: String
            /// What the message must name.
            let names: [String]
            /// Of the configuration, besides those of a guest with one disk.
            var lines: [String] = []
            var testDescription: String { what }
        }

        static let failures: [Failure] = [
            Failure(what: "missing", script: "true", names: [RecordingQEMU.path, "No such file"]),
            Failure(what: "a directory", script: "mkdir $q", names: [RecordingQEMU.path, "no regular file"]),
            Failure(what: "not executable", script: "touch $q", names: [RecordingQEMU.path, "not executable"]),
            Failure(
                what: "ends at once", script: "printf '#!/bin/sh\\necho alas >&2\\nexit 7\\n' > $q; chmod +x $q",
                names: ["status 7", "alas", "qemu-dm-failing.log"]),
            Failure(
                what: "is killed", script: "printf '#!/bin/sh\\nkill -9 $$\\n' > $q; chmod +x $q",
                names: ["signal 9"]),
            Failure(
                what: "hangs", script: "printf '#!/bin/sh\\necho waiting\\nexec sleep 1000\\n' > $q; chmod +x $q",
                names: ["device model to run", "no state", "waiting"]),
            Failure(
                what: "ends once it runs",
                script: """
                    printf '#!/bin/sh\\nxenstore-write /local/domain/0/device-model/$2/state running\\necho farewell\\n' > $q
                    chmod +x $q
                    cat > /root/failing-vif <<'END'
                    #!/bin/sh
                    until grep -q farewell /var/log/xen/qemu-dm-failing.log && ! pgrep -f \(RecordingQEMU.path); do sleep 0.1; done
                    END
                    chmod +x /root/failing-vif
                    """,
                names: ["farewell"], lines: ["vif=[\"script=/root/failing-vif\"]"]),
        ]

        @Test(
            arguments: failures.filter { TestHost.isFull || ["ends at once", "ends once it runs"].contains($0.what) })
        func failureIsToldAndLeavesNothing(_ failure: Failure) async throws {
            var guest = GuestConfiguration.idle(
                "failing", .pv, "disk=[\"/root/failing.qcow2,qcow2,xvda,rw\"]",
                "device_model_override=\"\(RecordingQEMU.path)\"", "device_model_version=\"qemu-xen\"")
            guest.lines += failure.lines
            try await guest.place(on: host)
            await host.atEnd(
                "rm -rf \(DeviceModelCase.place) /root/failing.qcow2 /root/failing-vif /var/log/xen/qemu-dm-failing.log*"
            )
            try await host.require(
                """
                qemu-img create -q -f qcow2 /root/failing.qcow2 1M
                mkdir -p \(DeviceModelCase.place); q=\(RecordingQEMU.path); \(failure.script)
                """)
            let before = try await Residue(of: host)
            let ours = try await host.ours("create -q \(guest.path)")
            let left = before.differences(to: try await Residue(of: host))
            #expect(left.isEmpty, "\(left.joined(separator: "\n"))")
            for name in failure.names { #expect(ours.stderr.contains(name), "\(ours.stderr)") }
            #expect(ours.stderr.split(separator: "\n").count <= 3, "one message: \(ours.stderr)")
            #expect(ours.exitCode == 3, "upstream's code for it")
        }

        @Test func theListTellsItsState() async throws {
            let guest = GuestConfiguration.idle("watched", .pv, "disk=[\"/root/watched.qcow2,qcow2,xvda,rw\"]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /root/watched.qcow2 /var/log/xen/qemu-dm-watched.log*")
            try await host.require("qemu-img create -q -f qcow2 /root/watched.qcow2 1M")
            try await host.require("\(TestHost.ours) create -q -e \(guest.path)")
            let domain = try await host.domain(guest.name)
            let process = try await host.require("xenstore-read /local/domain/\(domain)/image/device-model-pid").stdout
            let running = try await status(domain)
            #expect(running.contains("running,\(process)".split(separator: "\n").joined()))
            #expect(running.contains("-xen-domid \(domain)"))
            #expect(try await status(0).hasPrefix("none,null"))
            // Its state is seen as it is, not as it was written down.
            try await host.require("kill -9 \(process)")
            try await host.wait(until: "! kill -0 \(process) 2>/dev/null")
            #expect(try await status(domain).hasPrefix("ended,"))
            try await host.require("\(TestHost.ours) destroy \(guest.name)")
        }

        /// State, process number and command line.
        private func status(_ domain: Int) async throws -> String {
            try await host.require(
                "\(TestHost.ours) list --json \(domain) | jq -r '.[0].device_model "
                    + "| \"\\(.state),\\(.pid) \\(.command_line // [] | join(\" \"))\"'"
            ).stdout
        }
    }
}
