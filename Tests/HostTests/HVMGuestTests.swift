import Testing

extension HostTests {
    /// HVM guests start from their media, show themselves, obey, and end in their own way.
    @Suite struct HVMGuests {
        let host: TestHost

        init() throws { host = try #require(TestHost.current) }

        static let disk = "disk = [ \"/root/guests/boot.img,raw,hda,rw\" ]"
        static let disc = "disk = [ \"/root/guests/boot.iso,raw,hdc,ro,cdrom\" ]"
        static let lines = ["vga = \"stdvga\"", "serial = \"pty\""]

        @Test(arguments: TestHost.isFull ? [(disk, "80"), (disc, "E0")] : [(disk, "80")])
        func bootsIsSeenAndPowersOffByItsButton(_ medium: String, drive: String) async throws {
            var guest = GuestConfiguration.hvm("boots", medium)
            guest.lines += Self.lines
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)", timeout: .seconds(240))
            let serial = try await host.followSerial(of: guest)
            try await host.require("\(TestHost.ours) unpause boots")
            try await host.wait(until: "grep -q 'guest: up from drive \(drive)' \(serial)", timeout: .seconds(180))
            try await host.wait(until: "grep -q 'guest: ready' \(serial)", timeout: .seconds(90))
            let screen = try await host.screenshot(of: guest)
            #expect(screen.width == 640 && screen.height == 400 && screen.colours == 16, "\(screen)")
            try await host.require("\(TestHost.ours) shutdown -F -w boots", timeout: .seconds(180))
            try await host.waitUntilGone("boots")
        }

        @Test(.enabled(if: TestHost.isFull, "each guest takes a minute in emulation"))
        func aResetStartsItAnew() async throws {
            var guest = GuestConfiguration.hvm("resets", Self.disk)
            guest.lines += Self.lines
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)", timeout: .seconds(240))
            let first = try await host.domain("resets")
            let serial = try await host.followSerial(of: guest)
            try await host.require("\(TestHost.ours) unpause resets")
            try await host.wait(until: "grep -q 'guest: ready' \(serial)", timeout: .seconds(180))
            try await host.require("printf r > $(xenstore-read /local/domain/\(first)/serial/0/tty)")
            try await host.wait(for: "a new domain with a serial line", timeout: .seconds(300)) {
                guard let next = try await host.guests().first(where: { $0.name == "resets" && $0.number != first })
                else { return false }
                return try await host.store("/local/domain/\(next.number)/serial/0").contains { $0.contains("/tty = ") }
            }
            try await host.require("\(TestHost.ours) destroy resets")
            try await host.wait(until: "! pgrep -f 'xl create -q -p \(guest.path)'")
        }

        @Test(.enabled(if: TestHost.isFull, "each guest takes a minute in emulation"))
        func withoutDriversItAnswersOnlyToItsButton() async throws {
            let guest = GuestConfiguration.hvm("deaf")
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)", timeout: .seconds(240))
            for verb in ["shutdown", "reboot"] {
                let theirs = try await host.recordedExitCode("\(verb) deaf", as: verb)
                let ours = try await host.ours("\(verb) deaf")
                #expect(ours.exitCode == theirs && ours.exitCode != 0)
                #expect(ours.stderr.contains("-F"), "\(ours.stderr)")
            }
            try await host.require("\(TestHost.ours) destroy deaf")
        }

        @Test(.enabled(if: TestHost.isFull, "OVMF takes minutes in emulation"))
        func ovmfShowsItself() async throws {
            var guest = GuestConfiguration.hvm("uefi", "memory = 256", "bios = \"ovmf\"", Self.disc)
            guest.lines += Self.lines
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q \(guest.path)", timeout: .seconds(240))
            let domain = try await host.domain("uefi")
            try await host.wait(until: "\(TestHost.upstream) dmesg | grep -q '(d\(domain)) Loading OVMF'")
            let port = try await host.vncPort(of: guest)
            // TianoCore's mark, or what its shell says: text mode's blank screen has one colour.
            try await host.wait(
                until: "[ \"$(screenshot \(port) /root/uefi.png | cut -d' ' -f3)\" -gt 1 ]", timeout: .seconds(600))
            await host.atEnd("rm -f /root/uefi.png")
            let screen = try await host.screenshot(of: guest)
            #expect(screen.colours > 1, "\(screen)")
            try await host.require("\(TestHost.ours) destroy uefi")
        }

        @Test(.enabled(if: TestHost.isFull, "SeaBIOS takes a minute to copy the kernel in emulation"))
        func linuxGivenDirectlyUsesItsDevicesAndShutsDown() async throws {
            let guest = GuestConfiguration.hvm(
                "direct", "memory = 256", "kernel = \"/root/guests/vmlinuz\"",
                "ramdisk = \"/root/guests/initramfs\"", "serial = \"pty\"", "vga = \"stdvga\"",
                "extra = \"console=tty0 console=ttyS0 quiet GUEST_IP=192.168.77.9/24\"",
                "disk = [ \"/root/direct.img,raw,xvda,rw\" ]", "vif = [ \"mac=00:16:3f:00:00:14,bridge=xenbr0\" ]")
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.makeDisk("/root/direct.img")
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)", timeout: .seconds(240))
            let domain = try await host.domain("direct")
            let serial = try await host.followSerial(of: guest)
            try await host.require("\(TestHost.ours) unpause direct")
            try await host.wait(until: "grep -q 'guest: ready' \(serial)", timeout: .seconds(600))
            for device in ["vbd/51712", "vif/0"] {
                try await host.wait(
                    until: "[ \"$(xenstore-read /local/domain/\(domain)/device/\(device)/state)\" = 4 ]")
            }
            #expect(try await host.require("cat \(serial)").stdout.contains("ping ok"))
            let screen = try await host.screenshot(of: guest)
            #expect(screen.colours > 1, "\(screen)")
            try await host.require("\(TestHost.ours) shutdown -w direct", timeout: .seconds(240))
            try await host.waitUntilGone("direct")
        }

        @Test(
            .enabled(if: TestHost.isFull, "each guest takes a minute in emulation"),
            arguments: [(TestHost.ours, TestHost.upstream), (TestHost.upstream, TestHost.ours)])
        func oneToolsDomainIsTheOthersToo(_ maker: String, _ other: String) async throws {
            var guest = GuestConfiguration.hvm("mixed-hvm", Self.disk)
            guest.lines += Self.lines
            try await guest.place(on: host)
            await host.dropLog(of: guest)
            try await host.require("\(maker) create -q -p \(guest.path)", timeout: .seconds(240))
            let domain = try await host.domain(guest.name)
            #expect(try await host.state(of: guest.name) == "--p---")
            for command in ["list -l \(guest.name)", "block-list \(guest.name)", "vcpu-list \(guest.name)"] {
                let (first, second) = (
                    try await host.run("\(maker) \(command)"), try await host.run("\(other) \(command)")
                )
                #expect(first.stdout == second.stdout && first.exitCode == second.exitCode, "\(command)")
            }
            let serial = try await host.followSerial(of: guest)
            try await host.require("\(other) unpause \(guest.name)")
            try await host.wait(until: "grep -q 'guest: ready' \(serial)", timeout: .seconds(180))
            try await host.require("\(other) pause \(guest.name) && \(maker) unpause \(guest.name)")
            try await host.require("\(other) shutdown -F \(guest.name)")
            // Its maker's monitor sees its end and removes it.
            try await host.wait(for: "its removal") { try await !host.guests().contains { $0.number == domain } }
            try await host.require("\(maker) create -q -p \(guest.path)", timeout: .seconds(240))
            try await host.require("\(other) destroy \(guest.name)")
            try await host.wait(until: "! pgrep -f 'xl create -q -p \(guest.path)'")
        }
    }
}
