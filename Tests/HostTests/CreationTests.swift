import Testing

extension HostTests {
    /// The same configuration made by both tools, one after the other, leaves the same store, files and processes.
    @Suite struct Creation {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        /// What makes the cases different; the guest's name is the same for both tools.
        static let cases: [String: GuestConfiguration] = {
            let disk = "disk = [ \"/root/creation.img,raw,xvda,rw\" ]"
            let nic = "vif = [ \"mac=00:16:3f:00:00:01,bridge=xenbr0\" ]"
            let boot = "bootloader = \"pygrub\""
            return [
                "bare PV": .idle("creation", .pv),
                "bare PVH": .idle("creation", .pvh),
                "PV, 4 vCPUs, 2 online": .idle("creation", .pv, "vcpus = 2", "maxvcpus = 4"),
                "PVH, 4 vCPUs": .idle("creation", .pvh, "vcpus = 4", "cpu_weight = 512", "cap = 50"),
                "PV, disk and NIC": .idle("creation", .pv, disk, nic),
                "PVH, disk and NIC": .idle("creation", .pvh, disk, nic),
                "PV, read-only disk over QEMU": .idle(
                    "creation", .pv, "disk = [ \"/root/creation.qcow2,qcow2,xvdb,ro\" ]"),
                "PVH, affinity, actions, limits": .idle(
                    "creation", .pvh, "vcpus = 1", "cpus = \"0\"", "on_crash = \"preserve\"", "on_reboot = \"destroy\"",
                    "max_grant_frames = 16", "max_event_channels = 200", "nomigrate = 1", "uuid = \"\(uuid)\""),
                "PVH, populated on demand": .idle("creation", .pvh, "maxmem = 16"),
                "PV, ballooned": .idle("creation", .pv, "maxmem = 16"),
                "PVH, a PV kernel in the shim": GuestConfiguration(
                    name: "creation", kind: .pvh,
                    lines: ["pvshim = 1", "memory = 64", "kernel = \"/root/guests/idle-pv\""]),
                "PVH without ACPI": .idle("creation", .pvh, "acpi = 0"),
                "PV, the host's memory map": .idle("creation", .pv, "e820_host = 1"),
                "PV, soft affinity, share, pool": .idle(
                    "creation", .pv, "vcpus = 1", "cpus_soft = \"0\"", "cpu_weight = 300", "cap = 20",
                    "pool = \"Pool-0\""),
                "PVH, timers": .idle(
                    "creation", .pvh, "timer_mode = \"one_missed_tick_pending\"", "tsc_mode = \"always_emulate\""),
                "PV, clock": .idle(
                    "creation", .pv, "tsc_mode = \"native\"", "rtc_timeoffset = 3600", "localtime = 1"),
                "PV, driver domain": .idle("creation", .pv, "driver_domain = 1"),
                "PVH, CPUID and grants": .idle(
                    "creation", .pvh, "cpuid = \"host,tm=0,sse3=0\"", "max_grant_version = 1", "nestedhvm = 1"),
                "PV, ports, memory and interrupts": .idle(
                    "creation", .pv, "ioports = [ \"2f8-2ff\" ]", "iomem = [ \"f0000,1\" ]", "irqs = [ 3 ]"),
                "PV, disks of each kind": .idle(
                    "creation", .pv,
                    """
                    disk = [ "/root/creation.img,raw,xvda,w", "/root/creation.qcow2,qcow2,xvdb,w",
                             "vdev=xvdc,format=vhd,access=ro,target=/root/creation.vhd",
                             "vdev=xvdd,direct-io-safe,no-discard,access=rw,target=/root/other.img" ]
                    """),
                "PV, CD": .idle(
                    "creation", .pv, "disk = [ \"vdev=xvda,devtype=cdrom,access=ro,target=/root/creation.img\" ]"),
                "PV, disk of a script": .idle(
                    "creation", .pv, "disk = [ \"vdev=xvda,access=rw,script=block-creation,target=creation.img\" ]"),
                "PV, NIC with a name, a rate and an MTU": .idle(
                    "creation", .pv,
                    "vif = [ \"mac=00:16:3f:00:00:01,vifname=creation0,rate=10Mb/s,mtu=1400\", \"mac=00:16:3f:00:00:02,bridge=xenbr0\" ]"
                ),
                "PV, routed NIC": .idle(
                    "creation", .pv,
                    "vif = [ \"mac=00:16:3f:00:00:01,script=vif-route,gatewaydev=xenbr0,ip=192.168.99.2\" ]"),
                "PV, NIC behind NAT": .idle(
                    "creation", .pv,
                    "vif = [ \"mac=00:16:3f:00:00:01,script=vif-nat,gatewaydev=ens3,ip=192.168.98.2\" ]"),
                "PV, bootloader on a raw image": bootable(.pv, boot, "/root/boot.img,raw,xvda,w"),
                "PV, bootloader on qcow2": bootable(.pv, boot, "/root/boot.qcow2,qcow2,xvda,w"),
                "PVH, bootloader on vhd": bootable(.pvh, boot, "vdev=xvda,format=vhd,access=rw,target=/root/boot.vhd"),
            ]
        }()
        static let uuid = "5b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5b"
        static let essential = [
            "bare PV", "PVH, 4 vCPUs", "PV, disk and NIC", "PVH, disk and NIC", "PVH, a PV kernel in the shim",
            "PVH, populated on demand",
        ]

        private static func bootable(_ kind: GuestConfiguration.Kind, _ boot: String, _ disk: String)
            -> GuestConfiguration
        {
            GuestConfiguration(name: "creation", kind: kind, lines: ["memory = 128", boot, "disk = [ \"\(disk)\" ]"])
        }

        @Test(arguments: TestHost.isFull ? cases.keys.sorted() : essential)
        func leavesWhatUpstreamLeaves(_ name: String) async throws {
            try await compare(try #require(Self.cases[name]), name)
        }

        @Test(.enabled(if: TestHost.isFull), .processors(2)) func pinsEachVCPUAsUpstreamDoes() async throws {
            let name = "PV, affinity of each vCPU"
            try await compare(.idle("creation", .pv, "vcpus = 2", "cpus = [ \"1\", \"0\" ]"), name)
        }

        private func compare(_ guest: GuestConfiguration, _ name: String) async throws {
            try await guest.place(on: host)
            try await placeImages(name)
            let theirs = try await Oracle.answer(name) {
                try await DomainTraces(of: guest, by: TestHost.upstream, on: host, options: "-p")
            }
            let ours = try await DomainTraces(of: guest, by: TestHost.ours, on: host, options: "-p")
            // What vif-bridge leaves there we remove.
            let differences = ours.store.differences(to: theirs.store, allowed: ["/local/domain/creation0"])
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(ours.configuration == theirs.configuration)
            #expect(ours.files == theirs.files)
            #expect(ours.long == theirs.long)
        }

        private func placeImages(_ name: String) async throws {
            try await host.makeDisk("/root/creation.img")
            try await host.require(
                """
                qemu-img create -q -f qcow2 /root/creation.qcow2 8M
                qemu-img create -q -f vpc /root/creation.vhd 8M
                truncate -s 8M /root/other.img
                cat > /etc/xen/scripts/block-creation <<'END'
                #!/bin/bash
                . "$(dirname "$0")/block-common.sh"
                case "$command" in
                    add)
                        node=$(losetup -f --show "/root/$(xenstore_read "$XENBUS_PATH/params")")
                        xenstore_write "$XENBUS_PATH/node" "$node"
                        write_dev "$node" ;;
                    remove) losetup -d "$(xenstore_read "$XENBUS_PATH/node")" ;;
                esac
                END
                chmod 755 /etc/xen/scripts/block-creation
                """)
            await host.atEnd(
                "rm -f /root/creation.qcow2 /root/creation.vhd /root/other.img /etc/xen/scripts/block-creation")
            if name == "PV, routed NIC" {
                // The stock script wants the old tool.
                try await host.write(
                    "#!/bin/sh\nip addr add \"$2\" dev \"$1\" && ip link set \"$1\" up\n",
                    to: "/usr/local/sbin/ifconfig")
                try await host.require("chmod 755 /usr/local/sbin/ifconfig")
                await host.atEnd("rm -f /usr/local/sbin/ifconfig")
            }
            guard name.contains("bootloader") else { return }
            try await host.makeBootDisk("/root/boot")
        }
    }

    /// Linux guests made by our tool see their devices, report on their console and end in their own way.
    @Suite struct Guests {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        @Test(arguments: GuestConfiguration.Kind.paravirtual)
        func bootsUsesItsDevicesAndShutsDown(_ kind: GuestConfiguration.Kind) async throws {
            let guest = GuestConfiguration.linux(
                "linux-\(kind)", kind, "vcpus = 2", "disk = [ \"/root/linux.img,raw,xvda,rw\" ]",
                "vif = [ \"mac=00:16:3f:00:00:02,bridge=xenbr0\" ]")
            try await guest.place(on: host)
            try await host.makeDisk("/root/linux.img")
            try await host.require("\(TestHost.ours) create \(guest.path)")
            let domain = try await host.domain(guest.name)
            for device in ["vbd/51712", "vif/0"] {
                try await host.wait(
                    until: "[ \"$(xenstore-read /local/domain/\(domain)/device/\(device)/state)\" = 4 ]",
                    timeout: .seconds(180))
            }
            let list = try await DeviceList(of: domain, on: host)
            for command in ["block-list", "network-list", "vcpu-list"] {
                let arguments = "\(command) \(guest.name)"
                let ours = try await host.ours(arguments)
                // Processors and times are the host's.
                let normalised = { command == "vcpu-list" ? "" : list.normalised($0) }
                let theirs = try await host.recorded(arguments, normalise: normalised)
                #expect(ours.exitCode == theirs.exitCode)
                #expect(normalised(ours.stdout) == theirs.stdout, "\(command)")
            }
            try await host.require("\(TestHost.ours) shutdown -w \(guest.name)", timeout: .seconds(240))
            try await host.waitUntilGone(guest.name)
            #expect(try await host.run("cat /var/log/xen/xl-\(guest.name).log").stdout.contains("shut down"))
            await host.atEnd("rm -f /var/log/xen/xl-\(guest.name).log*")
        }
    }
}
