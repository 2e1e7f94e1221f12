import Foundation
import Testing

extension HostTests {
    /// HVM guests that both tools make, one after the other, leave the same store, files and machine.
    @Suite(.enabled(if: TestHost.isFull, "HVM guests take minutes in emulation")) struct HVMCreation {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let cases: [String: GuestConfiguration] = {
            let disk = "disk = [ \"/root/hvm.img,raw,hda,rw\" ]"
            let nic = "vif = [ \"mac=00:16:3f:00:00:11,bridge=xenbr0\" ]"
            return [
                "bare": .hvm("hvm"),
                "standard VGA, serial line, disk, CD and NIC": .hvm(
                    "hvm", "vga = \"stdvga\"", "serial = \"pty\"", nic,
                    "disk = [ \"/root/hvm.img,raw,hda,rw\", \"/root/guests/boot.iso,raw,hdc,ro,cdrom\" ]"),
                "qcow2 and an empty drive": .hvm(
                    "hvm", "disk = [ \"/root/hvm.qcow2,qcow2,xvda,rw\", \",raw,hdc,ro,cdrom\" ]"),
                "NIC without emulation": .hvm("hvm", "vif = [ \"mac=00:16:3f:00:00:12,type=vif\" ]"),
                "e1000 and AHCI": .hvm(
                    "hvm", disk, "hdtype = \"ahci\"", "vif = [ \"mac=00:16:3f:00:00:13,model=e1000\" ]"),
                "OVMF": .hvm("hvm", "bios = \"ovmf\"", "vga = \"stdvga\""),
                "firmware by path": .hvm(
                    "hvm", "firmware_override = \"/usr/lib/xen-4.17/boot/hvmloader\"", "bios = \"seabios\"",
                    "bios_path_override = \"/usr/share/seabios/bios.bin\""),
                "populate on demand": .hvm("hvm", "memory = 48", "maxmem = 96"),
                "4 vCPUs, 2 online": .hvm("hvm", "vcpus = 2", "maxvcpus = 4", "cpus = \"0\"", "cpu_weight = 512"),
                "viridian": .hvm("hvm", "viridian = 1"),
                "some of viridian": .hvm("hvm", "viridian = [ \"base\", \"freq\", \"stimer\", \"hcall_ipi\" ]"),
                "no ACPI, no HPET, timers": .hvm(
                    "hvm", "acpi = 0", "hpet = 0", "vpt_align = 0", "timer_mode = \"one_missed_tick_pending\"",
                    "tsc_mode = \"always_emulate\""),
                "ACPI states": .hvm("hvm", "acpi_s3 = 0", "acpi_s4 = 0", "acpi_laptop_slate = 1"),
                "large MMIO hole": .hvm("hvm", "mmio_hole = 1024"),
                "ACPI and SMBIOS passed through": .hvm(
                    "hvm", "acpi_firmware = \"/root/hvm.acpi\"", "smbios_firmware = \"/root/hvm.smbios\""),
                "SMBIOS passed through": .hvm("hvm", "smbios_firmware = \"/root/hvm.smbios\""),
                "generation ID": .hvm("hvm", "ms_vm_genid = \"generate\""),
                "kernel given directly": .hvm(
                    "hvm", "kernel = \"/root/guests/vmlinuz\"", "ramdisk = \"/root/guests/initramfs\"",
                    "extra = \"console=ttyS0\"", "serial = \"pty\""),
                "no screen": .hvm("hvm", "vga = \"none\"", "vnc = 0", "nographic = 1"),
                "VNC where it is told": .hvm(
                    "hvm", "vnclisten = \"127.0.0.2\"", "vncdisplay = 7", "vncunused = 0", "vncpasswd = \"secret\"",
                    "keymap = \"de\""),
                "USB tablet": .hvm("hvm", "usb = 1", "usbdevice = [ \"tablet\", \"keyboard\" ]"),
                "USB controller": .hvm("hvm", "usbversion = 2"),
                "shadow paging": .hvm("hvm", "hap = 0", "pae = 0", "nx = 0"),
                "nested": .hvm("hvm", "nestedhvm = 1"),
                "altp2m": .hvm("hvm", "altp2m = \"external\""),
                "two virtual nodes": .hvm(
                    "hvm", "vcpus = 2",
                    "vnuma = [ [ \"pnode=0\", \"size=32\", \"vcpus=0\", \"vdistances=10,20\" ], "
                        + "[ \"pnode=0\", \"size=32\", \"vcpus=1\", \"vdistances=20,10\" ] ]"),
                "without Xen's devices": .hvm("hvm", "xen_platform_pci = 0", "vkb_device = 0", "apic = 0"),
                "sound and serial lines": .hvm(
                    "hvm", "soundhw = \"hda\"", "serial = [ \"pty\", \"null\" ]", "vendor_device = \"xenserver\""),
                "time and boot order": .hvm(
                    "hvm", disk, "boot = \"dc\"", "rtc_timeoffset = 3600", "localtime = 1", "on_reboot = \"destroy\"",
                    "nomigrate = 1"),
                "channel": .hvm(
                    "hvm", "channel = [ \"name=agent,connection=socket,path=/root/hvm-channel\" ]"),
                "CPUID": .hvm("hvm", "cpuid = \"host,sse4_1=0,family=6\"", "videoram = 16", "vga = \"cirrus\""),
            ]
        }()
        static let essential = [
            "standard VGA, serial line, disk, CD and NIC", "populate on demand", "ACPI and SMBIOS passed through",
        ]

        @Test(arguments: TestHost.isFull ? cases.keys.sorted() : essential)
        func leavesWhatUpstreamLeaves(_ name: String) async throws {
            let guest = try #require(Self.cases[name])
            try await guest.place(on: host)
            try await host.placeHVMFiles()
            // Paused, so that neither firmware nor guest has changed anything yet.
            let theirs = try await DomainTraces(of: guest, by: TestHost.upstream, on: host, options: "-p")
            let ours = try await DomainTraces(of: guest, by: TestHost.ours, on: host, options: "-p")
            let differences = ours.store.differences(to: theirs.store)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(ours.configuration.withoutGenerationID == theirs.configuration.withoutGenerationID)
            #expect(ours.files == theirs.files)
            #expect(ours.long.withoutGenerationID == theirs.long.withoutGenerationID)
        }

        /// What a guest finds when it starts: memory, the first vCPU, parameters, CPUID.
        static let machines = [
            "standard VGA, serial line, disk, CD and NIC", "SMBIOS passed through", "populate on demand", "viridian",
            "OVMF", "large MMIO hole", "4 vCPUs, 2 online", "two virtual nodes", "no ACPI, no HPET, timers", "CPUID",
            "nested", "altp2m",
        ]

        @Test(arguments: TestHost.isFull ? machines : [machines[1]])
        func isTheSameMachine(_ name: String) async throws {
            let guest = try #require(Self.cases[name])
            try await guest.place(on: host)
            try await host.placeHVMFiles()
            let tool = TestHost.repository.appending(path: "Tests/XenHost/tools/guest-pages")
            try await host.write(String(contentsOf: tool, encoding: .utf8), to: "/root/guest-pages")
            await host.atEnd("rm -f /root/guest-pages")
            let theirs = try await machine(guest, by: TestHost.upstream)
            let ours = try await machine(guest, by: TestHost.ours)
            #expect(ours.parameters == theirs.parameters)
            #expect(ours.cpuid == theirs.cpuid)
            #expect(ours.context == theirs.context)
            #expect(ours.pages.count > 100, "hvmloader and the firmware are there")
            #expect(ours.pages == theirs.pages)
        }

        private struct Machine {
            var parameters = ""
            var cpuid = ""
            var context = ""
            /// Frame numbers with digests of what is in them.
            var pages: [Substring] = []
        }

        private func machine(_ guest: GuestConfiguration, by tool: String) async throws -> Machine {
            var machine = Machine()
            _ = try await DomainTraces(of: guest, by: tool, on: host, options: "-p") { domain in
                machine.parameters = try await host.require("hvm-params \(domain)").stdout
                machine.cpuid = try await host.require("/usr/lib/xen-*/bin/xen-cpuid -p \(domain)").stdout
                    .replacing("Domain \(domain)", with: "Domain")
                // The clocks go on.
                machine.context = try await host.require(
                    "/usr/lib/xen-*/bin/xen-hvmctx \(domain) | grep -vE 'record for domain|tsc|RTC:|TMR_VAL|HPET'"
                ).stdout
                machine.pages = try await host.require("python3 /root/guest-pages \(domain)").lines
            }
            return machine
        }
    }
}

extension String {
    /// The configuration without the number that both tools draw by lot.
    fileprivate var withoutGenerationID: String {
        replacing(/"ms_vm_genid": \[[0-9,\s]*\]/, with: "\"ms_vm_genid\": []")
    }
}
