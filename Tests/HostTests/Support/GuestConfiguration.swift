/// A configuration file for a test's guest.
struct GuestConfiguration: Sendable {
    enum Kind: String, Sendable {
        case pv, pvh, hvm

        static let paravirtual: [Kind] = [.pv, .pvh]
    }

    var name: String
    var kind: Kind
    var lines: [String]

    /// The guest that only sleeps.
    static func idle(_ name: String, _ kind: Kind, _ more: String...) -> GuestConfiguration {
        var lines = ["kernel = \"/root/guests/idle-\(kind.rawValue)\"", "memory = 4"]
        if kind == .pvh { lines.append("shadow_memory = 4") }
        return GuestConfiguration(name: name, kind: kind, lines: lines + more)
    }

    /// A PC without anything to boot. With the default paging memory, one so small has too little for its page tables.
    static func hvm(_ name: String, _ more: String...) -> GuestConfiguration {
        let own = more.contains { $0.hasPrefix("memory") } ? [] : ["memory = 64"]
        return GuestConfiguration(name: name, kind: .hvm, lines: own + ["shadow_memory = 8"] + more)
    }

    /// Debian's kernel with the busybox of the tests; `arguments` are for `Tests/XenHost/image/guests/init`.
    static func linux(_ name: String, _ kind: Kind, arguments: String = "", _ more: String...) -> GuestConfiguration {
        let lines = [
            "kernel = \"/root/guests/vmlinuz\"", "ramdisk = \"/root/guests/initramfs\"", "memory = 128",
            "extra = \"console=hvc0 quiet \(arguments)\"",
        ]
        return GuestConfiguration(name: name, kind: kind, lines: lines + more)
    }

    var text: String {
        (["name = \"\(name)\"", "type = \"\(kind.rawValue)\""] + lines).joined(separator: "\n") + "\n"
    }

    var path: String { "/root/\(name).cfg" }

    /// Writes the file, and has it and the domain dropped when the test ends.
    @discardableResult
    func place(on host: TestHost) async throws -> String {
        try await host.write(text, to: path)
        await host.dropAtEnd(name, files: path)
        return path
    }
}

extension TestHost {
    /// The number of a domain, as upstream sees it.
    func domain(_ name: String) async throws -> Int {
        let text = try await ask(.domain, name).stdout
        guard let number = Int(text.split(separator: "\n").first ?? "") else {
            throw HostError.commandFailed(try await upstream("list"))
        }
        return number
    }

    /// Ends a domain as if its guest had, for a reason of `SHUTDOWN_*` in `xen/sched.h`.
    func end(_ domain: Int, reason: Int) async throws {
        let result = try await ask(.shut, "\(domain) \(reason)")
        guard result.exitCode == 0 else { throw HostError.commandFailed(result) }
    }

    /// A fresh disk image, detached from loop devices and dropped when the test ends.
    func makeDisk(_ path: String, mebibytes: Int = 8) async throws {
        try await require("truncate -s \(mebibytes)M \(path)")
        atEnd("rm -f \(path)")
    }

    /// The images and tables that configurations of HVM guests name, dropped when the test ends.
    func placeHVMFiles() async throws {
        try await makeDisk("/root/hvm.img")
        try await require(
            """
            qemu-img create -q -f qcow2 /root/hvm.qcow2 8M
            cp /usr/lib/xen-*/boot/hvmloader /root/hvmloader
            python3 - <<'END'
            import struct
            def table(signature, body):
                head = signature + struct.pack("<IBB6s8sI4sI", 36 + len(body), 1, 0, b"SWIFT", b"XL", 1, b"TEST", 1)
                data = bytearray(head + body)
                data[9] = -sum(data) & 255
                return bytes(data)
            open("/root/hvm.acpi", "wb").write(table(b"SSDT", b""))
            structure = struct.pack("<BBHB", 11, 5, 0xB00, 1) + b"swift-xl" + bytes(2)
            open("/root/hvm.smbios", "wb").write(struct.pack("<I", len(structure)) + structure)
            END
            """)
        atEnd("rm -f /root/hvmloader /root/hvm.qcow2 /root/hvm.acpi /root/hvm.smbios /root/hvm-channel")
    }

    /// Disk images, `PATH.img`, `.qcow2` and `.vhd`, from which a bootloader can take the Linux guest.
    ///
    /// Bootloaders read them as devices of dom0, whose driver waits half a minute when it is loaded for the first one.
    func makeBootDisk(_ path: String) async throws {
        atEnd("rm -rf \(path).d \(path).img \(path).qcow2 \(path).vhd")
        try await require(
            """
            modprobe xen-blkfront
            mkdir -p \(path).d/boot/grub && cp /root/guests/vmlinuz /root/guests/initramfs \(path).d/boot/
            printf 'default 0\\ntimeout 0\\ntitle Linux\\n%s\\n%s\\n' 'kernel /boot/vmlinuz console=hvc0 quiet' \
                'initrd /boot/initramfs' > \(path).d/boot/grub/menu.lst
            mke2fs -q -t ext2 -d \(path).d \(path).img 16M
            qemu-img convert -O qcow2 \(path).img \(path).qcow2
            qemu-img convert -O vpc \(path).img \(path).vhd
            """)
    }

    /// A loop device over a fresh image.
    func makeLoopDevice(_ path: String) async throws -> String {
        try await makeDisk(path)
        let device =
            try await require("losetup -f --show \(path)").stdout.split(separator: "\n").first.map(String.init) ?? ""
        atEnd("losetup -d \(device)")
        return device
    }
}
