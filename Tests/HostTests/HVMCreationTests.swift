import Foundation
import Testing

extension HostTests {
    /// HVM guests that both tools make, one after the other, leave the same store, files and machine.
    @Suite struct HVMCreation {
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
                    "hvm", "firmware_override = \"/root/hvmloader\"", "bios = \"seabios\"",
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
                    "hvm", "vnclisten = \"127.0.0.2\"", "vncdisplay = 7", "vncunused = 0", "keymap = \"de\""),
                "USB tablet": .hvm("hvm", "usb = 1", "usbdevice = [ \"tablet\", \"keyboard\" ]"),
                "USB controller": .hvm("hvm", "usbversion = 2"),
                "neither PAE nor NX": .hvm("hvm", "pae = 0", "nx = 0"),
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
                "CPUID": .hvm("hvm", "cpuid = \"host,sse4_1=0,family=6\"", "videoram = 16", "vga = \"cirrus\""),
            ]
        }()
        static let essential = ["ACPI and SMBIOS passed through"]

        /// Those of which the machine itself is looked at as well.
        static let machines: Set = [
            "standard VGA, serial line, disk, CD and NIC", "SMBIOS passed through", "populate on demand", "viridian",
            "OVMF", "large MMIO hole", "4 vCPUs, 2 online", "two virtual nodes", "no ACPI, no HPET, timers", "CPUID",
            "nested", "altp2m",
        ]

        @Test(arguments: TestHost.isFull ? cases.keys.sorted() : essential)
        func isWhatUpstreamMakes(_ name: String) async throws {
            let guest = try #require(Self.cases[name])
            try await guest.place(on: host)
            try await host.placeHVMFiles()
            let tool = TestHost.repository.appending(path: "Tests/XenHost/tools/guest-pages")
            try await host.write(String(contentsOf: tool, encoding: .utf8), to: "/root/guest-pages")
            await host.atEnd("rm -f /root/guest-pages")
            let looksInside = TestHost.isFull && Self.machines.contains(name)
            // Xen does not clear what dom0 gives back, so a host's first guests can find old bytes where nobody has written;
            // what an ended guest leaves is clear.
            let theirs = try await Oracle.answer(looksInside ? "\(name), inside" : name) {
                if looksInside { _ = try await made(by: TestHost.upstream, guest, looksInside: false) }
                return try await made(by: TestHost.upstream, guest, looksInside: looksInside)
            }
            var ours = try await made(by: TestHost.ours, guest, looksInside: looksInside)
            if ours.machine?.pages != theirs.machine?.pages {
                ours = try await made(by: TestHost.ours, guest, looksInside: looksInside)
            }
            let differences = ours.traces.store.differences(to: theirs.traces.store)
            #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
            #expect(ours.traces.configuration == theirs.traces.configuration)
            #expect(ours.traces.files == theirs.traces.files)
            #expect(ours.traces.long == theirs.traces.long)
            #expect(ours.qemu.arguments == theirs.qemu.arguments)
            #expect(ours.qemu.environment == theirs.qemu.environment)
            #expect(
                ours.qemu.answers == theirs.qemu.answers,
                "\(ours.qemu.answers.lineDifferences(to: theirs.qemu.answers))")
            #expect(ours.qemu.answers.contains("\"cpu-index\": 0"), "QEMU has answered")
            compare(ours.machine, theirs.machine)
            print("compared: \(name), \(ours.traces.store.lines.count) nodes")
        }

        private func compare(_ ours: Machine?, _ theirs: Machine?) {
            guard let ours, let theirs else { return }
            #expect(ours.parameters == theirs.parameters)
            #expect(ours.cpuid == theirs.cpuid)
            #expect(ours.context == theirs.context)
            #expect(ours.pages.count > 100, "hvmloader and the firmware are there")
            #expect(ours.pages == theirs.pages)
        }

        /// What a tool's domain is to the store, the host, QEMU and both tools.
        private struct Made: Codable, Equatable {
            var traces: DomainTraces
            var qemu: QEMUState
            var machine: Machine?
        }

        /// What a guest finds when it starts.
        private struct Machine: Codable, Equatable {
            var parameters = ""
            var cpuid = ""
            /// The first vCPU, and the platform's devices.
            var context = ""
            /// Frame numbers with digests of what is in them.
            var pages: [String] = []
        }

        private func made(
            by tool: String, _ guest: GuestConfiguration, looksInside: Bool
        ) async throws -> Made {
            var qemu: QEMUState?
            var machine: Machine?
            // Paused, so that neither firmware nor guest has changed anything yet.
            var traces = try await DomainTraces(of: guest, by: tool, on: host, options: "-p") { domain in
                qemu = try await QEMUState(of: domain, on: host)
                if looksInside { machine = try await self.machine(domain) }
                guard tool == TestHost.ours else { return }
                let (theirs, ours) = (try await shown(by: TestHost.upstream), try await shown(by: TestHost.ours))
                #expect(ours == theirs, "\(ours.lineDifferences(to: theirs))")
                #expect(theirs.contains("hvm") && theirs.contains("--p---"), "\(theirs)")
            }
            traces.configuration = traces.configuration.withoutGenerationID
            traces.long = traces.long.withoutGenerationID
            return Made(traces: traces, qemu: try #require(qemu), machine: machine)
        }

        private func machine(_ domain: Int) async throws -> Machine {
            var machine = Machine()
            machine.parameters = try await host.require("hvm-params \(domain)").stdout
            machine.cpuid = try await host.require("/usr/lib/xen-*/bin/xen-cpuid -p \(domain)").stdout
                .replacing("Domain \(domain)", with: "Domain")
            // The clocks go on.
            machine.context = try await host.require(
                "/usr/lib/xen-*/bin/xen-hvmctx \(domain) | grep -vE 'record for domain|tsc|RTC:|TMR_VAL|HPET'"
            ).stdout
            machine.pages = try await host.require("python3 /root/guest-pages \(domain)").lines.map(String.init)
            return machine
        }

        /// The text and JSON that a tool shows of the guest.
        private func shown(by tool: String) async throws -> String {
            try await host.require(
                """
                for command in list 'list -l' block-list; do
                    echo "$command:"; \(tool) $command hvm; echo "exit $?"
                done
                """
            ).stdout
        }
    }
}

extension String {
    /// The configuration without the number that both tools draw by lot.
    fileprivate var withoutGenerationID: String {
        replacing(/"ms_vm_genid": \[[0-9,\s]*\]/, with: "\"ms_vm_genid\": []")
    }
}
