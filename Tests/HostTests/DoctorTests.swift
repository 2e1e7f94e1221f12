import Foundation
import Testing

extension HostTests {
    /// What kills, crashes and careless hands leave behind, found and mended.
    @Suite struct Doctor {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        private struct Document: Decodable {
            struct Finding: Decodable {
                var code: String
                var subject: String
                var domid: Int?
                var severity: String
                var mendable: String?
                var hindrance: String?
            }

            struct Treatment: Decodable {
                var code: String
                var failure: String?
            }

            var findings: [Finding]
            var treatments: [Treatment]

            var codes: Set<String> { Set(findings.map(\.code)) }
        }

        /// - Parameter fails: whether something is to be wrong at the end.
        private func doctor(_ arguments: String = "", fails: Bool) async throws -> Document {
            let result = try await host.ours("doctor --json \(arguments)")
            #expect(result.exitCode == (fails ? 1 : 0), "\(result)")
            return try JSONDecoder().decode(Document.self, from: Data(result.stdout.utf8))
        }

        /// Calls of libxenctrl and libxenforeignmemory, whose `$1` is the domain.
        private static let calls = """
            import ctypes, os, sys, time
            minor = open("/sys/hypervisor/version/minor").read().strip()
            xen = ctypes.CDLL("libxenctrl.so.4." + minor)
            xen.xc_interface_open.restype = ctypes.c_void_p
            handle = ctypes.c_void_p(xen.xc_interface_open(None, None, 0))

            """

        private func call(_ lines: String, _ argument: Int) async throws {
            try await host.require("python3 - \(argument) <<'END'\n\(Self.calls)\(lines)\nEND")
        }

        @Test func aHealthyHostWithGuestsOfBothToolsHasNothing() async throws {
            #expect(try await doctor(fails: false).findings.isEmpty)
            try await host.makeDisk("/root/doctor.img")
            let plain = GuestConfiguration.idle("plain", .pv)
            let full = GuestConfiguration.idle(
                "full", .pvh, "disk = [ \"/root/doctor.img,raw,xvda\" ]", "vif = [ \"bridge=xenbr0\" ]",
                "vfb = [ \"vnc=1\" ]")
            await host.atEnd("rm -f /var/log/xen/*plain* /var/log/xen/*full*")
            try await host.require("\(TestHost.upstream) create -q \(try await plain.place(on: host))")
            try await host.require("\(TestHost.ours) create -q \(try await full.place(on: host))")
            let text = try await host.require("\(TestHost.ours) doctor")
            #expect(text.stdout.isEmpty && text.stderr.isEmpty, "\(text)")
            #expect(try await doctor("--fix", fails: false).treatments.isEmpty)
        }

        /// What is made by hand stands for what no command can be killed at in time.
        private static let residue: [(code: String, script: String)] = [
            (
                "store-nodes-left",
                "xenstore-write /libxl/4242/type pv /local/domain/4242/name gone /local/domain/4242/vm /vm/$uuid"
            ),
            ("store-machine-left", "xenstore-write /vm/$(cat /proc/sys/kernel/random/uuid)/name gone"),
            ("store-stray-node", "xenstore-write /local/domain/mycard/device/vif/0/mtu 1500"),
            ("pool-name-left", "xenstore-write /local/pool/77/name old"),
            (
                "device-backend-left",
                """
                p=/local/domain/0/backend/vkbd/4243/0
                xenstore-write $p/frontend-id 4243 $p/state 1 $p/frontend /local/domain/4243/device/vkbd/0
                """
            ),
            (
                "files-left",
                """
                mkdir -p /var/lib/xen/bootloader.4242.d/sub
                echo kernel > /var/lib/xen/bootloader.4242.d/sub/k; echo > /var/lib/xen/bootloader.4242.out
                echo > /var/lib/xen/qemu-save.4242; echo > /var/lib/xen/userdata-d.4242.$uuid.libxl-json
                """
            ),
            (
                "save-unfinished",
                "umask 077; printf 'Xen saved domain, xl format\\n \\0 \\r' > /var/lib/xen/.gone.Ab3dEf"
            ),
            ("interface-left", "ip tuntap add dev vif4244.0-emu mode tap"),
            (
                "device-model-left",
                """
                setsid python3 -c 'import time; f = open("/dev/xen/privcmd"); time.sleep(900)' \\
                    -xen-domid 4245 > /dev/null 2>&1 < /dev/null &
                """
            ),
            (
                "pool-half-made",
                """
                python3 - <<'END'
                \(calls)
                pool = ctypes.c_uint32(0xffffffff)
                assert xen.xc_cpupool_create(handle, ctypes.byref(pool), 6) == 0
                END
                """
            ),
        ]

        @Test func residueIsFoundAndRemoved() async throws {
            try await host.require(
                "uuid=$(cat /proc/sys/kernel/random/uuid)\n" + Self.residue.map(\.script).joined(separator: "\n"))
            let found = try await doctor(fails: true)
            for (code, _) in Self.residue {
                let finding = try #require(found.findings.first { $0.code == code }, "\(code) is not found")
                #expect(finding.mendable == "certain" && finding.hindrance == nil, "\(finding)")
            }
            #expect(found.codes == Set(Self.residue.map(\.code)))
            // Looking changes nothing.
            #expect(try await doctor(fails: true).codes == found.codes)
            let mended = try await doctor("--fix", fails: false)
            #expect(mended.findings.isEmpty && mended.treatments.allSatisfy { $0.failure == nil }, "\(mended)")
            // That the host is as it was before is looked at when this ends.
        }

        /// A disk whose script never ends, at which a creation can be killed.
        private func placeStuckGuest(_ name: String) async throws -> GuestConfiguration {
            try await host.write("#!/bin/sh\n[ \"$1\" = add ] || exit 0\nexec sleep 600\n", to: "/root/stuck-block")
            try await host.require("chmod 755 /root/stuck-block")
            await host.atEnd("rm -f /root/stuck-block /var/log/xen/*\(name)*")
            let guest = GuestConfiguration.idle(
                name, .pv, "disk = [ \"script=/root/stuck-block,vdev=xvda,target=x\" ]")
            try await guest.place(on: host)
            return guest
        }

        @Test(arguments: [TestHost.ours, TestHost.upstream])
        func aKilledCreationIsDestroyed(tool: String) async throws {
            let guest = try await placeStuckGuest("stuck")
            try await host.require(
                """
                setsid \(tool) create -q -e \(guest.path) > /dev/null 2>&1 < /dev/null & echo $! > /root/create.pid
                until pgrep -f 'sleep 600' > /dev/null; do sleep 0.1; done
                """)
            await host.atEnd("rm -f /root/create.pid; pkill -f 'sleep 600'")
            let living = try await host.ours("doctor --json --fix")
            #expect(!living.stdout.contains("domain-half-made"), "a creation that goes on is left alone: \(living)")
            try await host.require(
                "\(TestHost.upstream) domid stuck; kill -9 $(cat /root/create.pid); pkill -f 'sleep 600'")
            let found = try await doctor(fails: true)
            #expect(found.codes.contains("domain-half-made"))
            let mended = try await doctor("--fix", fails: false)
            #expect(mended.treatments.contains { $0.code == "domain-half-made" && $0.failure == nil }, "\(mended)")
            #expect(try await !host.exists("stuck"))
        }

        @Test(arguments: [TestHost.ours, TestHost.upstream])
        func aGuestWhoseMonitorWasKilledIsWatchedAgainWhenItIsNamed(tool: String) async throws {
            let guest = GuestConfiguration.idle("alone", .pv, "on_poweroff = \"destroy\"")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/*alone*")
            try await host.require("\(tool) create -q \(guest.path) && pkill -9 -f 'create -q \(guest.path)'")
            #expect(try await doctor("--fix", fails: true).codes == ["domain-unwatched"])
            let mended = try await doctor("--fix alone", fails: false)
            #expect(mended.treatments.map(\.code) == ["domain-unwatched"])
            try await host.end(try await host.domain("alone"), reason: 0)
            try await host.waitUntilGone("alone")
        }

        @Test func aDomainThatWentWithoutItsDevicesIsCleanedUpAfter() async throws {
            try await host.makeDisk("/root/doctor.img")
            let guest = GuestConfiguration.idle(
                "lost", .pv, "disk = [ \"/root/doctor.img,raw,xvda\" ]", "vif = [ \"bridge=xenbr0\" ]")
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/*lost*")
            try await host.require("\(TestHost.upstream) create -q -e \(guest.path)")
            let domain = try await host.domain("lost")
            try await call("assert xen.xc_domain_destroy(handle, int(sys.argv[1])) == 0", domain)
            let found = try await doctor(fails: true)
            #expect(found.codes.isSuperset(of: ["store-nodes-left", "files-left"]), "\(found)")
            let mended = try await doctor("--fix", fails: false)
            #expect(mended.treatments.allSatisfy { $0.failure == nil }, "\(mended)")
            #expect(try await host.require("losetup -n -O BACK-FILE").stdout.isEmpty)
        }

        @Test func othersLoopDevicesStay() async throws {
            let device = try await host.makeLoopDevice("/root/mine.img")
            let found = try await doctor("--fix", fails: false)
            #expect(found.codes == ["loop-device-left"] && found.findings.first?.mendable == nil)
            #expect(found.findings.first?.severity == "note" && found.treatments.isEmpty)
            try await host.require("losetup \(device)")
        }

        @Test func aZombieIsExplained() async throws {
            let guest = GuestConfiguration.idle("undead", .pv)
            try await guest.place(on: host)
            await host.atEnd("rm -f /var/log/xen/*undead* /root/hold.py")
            try await host.require("\(TestHost.upstream) create -q -e \(guest.path)")
            let domain = try await host.domain("undead")
            try await host.write(
                Self.calls + """
                    memory = ctypes.CDLL("libxenforeignmemory.so.1")
                    memory.xenforeignmemory_open.restype = ctypes.c_void_p
                    memory.xenforeignmemory_map.restype = ctypes.c_void_p
                    frames = (ctypes.c_uint64 * 1)(int(sys.argv[2]))
                    mapped = memory.xenforeignmemory_map(
                        ctypes.c_void_p(memory.xenforeignmemory_open(None, 0)), ctypes.c_uint32(int(sys.argv[1])),
                        ctypes.c_int(1), ctypes.c_size_t(1), frames, None)
                    assert mapped
                    xen.xc_interface_close(handle)
                    print("mapped", flush=True)
                    time.sleep(900)
                    """, to: "/root/hold.py")
            try await host.require(
                """
                frame=$(xenstore-read /local/domain/\(domain)/console/ring-ref)
                setsid python3 /root/hold.py \(domain) $frame > /root/hold.out 2>&1 < /dev/null &
                until grep -q mapped /root/hold.out; do sleep 0.1; done
                \(TestHost.upstream) destroy undead
                """)
            await host.atEnd("pkill -f hold.py; rm -f /root/hold.out; sleep 1")
            #expect(try await doctor(fails: true).codes == ["domain-zombie"])
        }

        @Test func daemonsThatStandStillAreTold() async throws {
            await host.atEnd("kill -CONT $(pidof xenconsoled oxenstored xenstored)")
            try await host.require("kill -STOP $(pidof xenconsoled)")
            #expect(try await doctor("--fix", fails: true).codes == ["xenconsoled-missing"])
            try await host.require("kill -STOP $(pidof oxenstored xenstored)")
            let found = try await doctor(fails: true)
            #expect(found.codes == ["xenstored-silent", "xenconsoled-missing"])
        }
    }
}
