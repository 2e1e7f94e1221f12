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
                    "creation", .pvh, "cpus = \"0\"", "on_crash = \"preserve\"", "on_reboot = \"destroy\"",
                    "max_grant_frames = 16", "max_event_channels = 200", "nomigrate = 1", "uuid = \"\(uuid)\""),
            ]
        }()
        static let uuid = "5b7d4e4c-6a31-4be0-9f0a-0c1d2e3f4a5b"
        static let essential = ["bare PV", "PVH, 4 vCPUs", "PV, disk and NIC", "PVH, disk and NIC"]

        @Test(arguments: TestHost.isFull ? cases.keys.sorted() : essential)
        func leavesWhatUpstreamLeaves(_ name: String) async throws {
            let guest = try #require(Self.cases[name])
            try await guest.place(on: host)
            try await host.makeDisk("/root/creation.img")
            try await host.require("qemu-img create -q -f qcow2 /root/creation.qcow2 8M")
            await host.atEnd("rm -f /root/creation.qcow2")
            let theirs = try await DomainTraces(of: guest, by: TestHost.upstream, on: host)
            let ours = try await DomainTraces(of: guest, by: TestHost.ours, on: host)
            let differences = ours.store.differences(to: theirs.store)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(ours.configuration == theirs.configuration)
            #expect(ours.files == theirs.files)
            #expect(ours.long == theirs.long)
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
            for command in ["block-list", "network-list", "vcpu-list"] {
                let ours = try await host.ours("\(command) \(guest.name)")
                let theirs = try await host.upstream("\(command) \(guest.name)")
                #expect(ours.exitCode == theirs.exitCode)
                if command != "vcpu-list" { #expect(ours.stdout == theirs.stdout, "\(command)") }
            }
            try await host.require("\(TestHost.ours) shutdown -w \(guest.name)", timeout: .seconds(240))
            try await host.wait(until: "! \(TestHost.upstream) domid \(guest.name) 2>/dev/null")
            #expect(try await host.run("cat /var/log/xen/xl-\(guest.name).log").stdout.contains("shut down"))
            await host.atEnd("rm -f /var/log/xen/xl-\(guest.name).log*")
        }
    }
}
