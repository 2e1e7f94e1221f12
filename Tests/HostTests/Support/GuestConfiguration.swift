/// A configuration file for a test's guest.
struct GuestConfiguration: Sendable {
    enum Kind: String, Sendable, CaseIterable { case pv, pvh }

    var name: String
    var kind: Kind
    var lines: [String]

    /// The guest that only sleeps.
    static func idle(_ name: String, _ kind: Kind, _ more: String...) -> GuestConfiguration {
        var lines = ["kernel = \"/root/guests/idle-\(kind.rawValue)\"", "memory = 4"]
        if kind == .pvh { lines.append("shadow_memory = 4") }
        return GuestConfiguration(name: name, kind: kind, lines: lines + more)
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
        await host.atEnd(
            "rm -f \(path); ! \(TestHost.upstream) domid \(name) 2>/dev/null || \(TestHost.upstream) destroy \(name)")
        return path
    }
}

extension TestHost {
    /// The number of a domain, as upstream sees it.
    func domain(_ name: String) async throws -> Int {
        let text = try await require("\(Self.upstream) domid \(name)").stdout
        guard let number = Int(text.split(separator: "\n").first ?? "") else {
            throw HostError.commandFailed(try await upstream("list"))
        }
        return number
    }

    /// A fresh disk image, detached from loop devices and dropped when the test ends.
    func makeDisk(_ path: String, mebibytes: Int = 8) async throws {
        try await require("truncate -s \(mebibytes)M \(path)")
        atEnd("rm -f \(path)")
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
