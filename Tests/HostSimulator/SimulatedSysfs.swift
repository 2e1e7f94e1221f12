import Glibc
import Synchronization
import SystemPackage
import XenToolstack

/// A tree of files that looks like /sys of a host with PCI devices, and a kernel that does what is written to it.
public final class SimulatedSysfs: SysfsWriter {
    public let root: FilePath
    private let faults: Faults?
    private let state = Mutex(State())

    private struct State {
        var written: [String] = []
        /// What a file answers to writes, by its path below the root.
        var refusals: [String: Errno] = [:]
        var silent: Set<String> = []
    }

    public init(root: FilePath, faults: Faults? = nil) throws {
        self.root = root
        self.faults = faults
        for folder in ["bus/pci/devices", "bus/pci/drivers", "class/net", "dev/block"] { try makeDirectory(folder) }
    }

    /// Writes that came, as "file text".
    public var written: [String] { state.withLock(\.written) }

    /// Has a file refuse what is written to it from now on; nil ends that.
    public func refuse(_ file: String, with code: Errno?) { state.withLock { $0.refusals[file] = code } }

    /// Has the kernel not come back from writes to a file.
    public func silence(_ file: String) { state.withLock { _ = $0.silent.insert(file) } }

    // MARK: Making it

    public func addDriver(_ name: String) throws {
        try makeDirectory("bus/pci/drivers/\(name)")
        for file in ["bind", "unbind", "new_slot", "remove_slot", "slots", "permissive"] {
            try put("bus/pci/drivers/\(name)/\(file)", "")
        }
    }

    /// - Parameter files: more files of the device.
    public func addDevice(
        _ address: String, driver: String?, classCode: String = "0x020000", files: [String: String] = [:]
    ) throws {
        let folder = "devices/pci0000:00/\(address)"
        try makeDirectory(folder)
        try link("bus/pci/devices/\(address)", to: folder)
        let usual = [
            "vendor": "0x8086\n", "device": "0x10d3\n", "class": classCode + "\n", "irq": "20\n",
            "resource": "0x00000000feb80000 0x00000000feb9ffff 0x0000000000040200\n"
                + "0x000000000000c0e0 0x000000000000c0ff 0x0000000000040101\n",
        ]
        for (name, text) in usual.merging(files, uniquingKeysWith: { $1 }) { try put("\(folder)/\(name)", text) }
        if let driver { try bind(address, to: driver) }
    }

    /// A network interface of a device; nil for one without hardware.
    public func addInterface(_ name: String, of address: String?, isConnected: Bool = true) throws {
        guard let address else {
            try makeDirectory("devices/virtual/net/\(name)")
            return try link("class/net/\(name)", to: "devices/virtual/net/\(name)")
        }
        let folder = "devices/pci0000:00/\(address)/net/\(name)"
        try makeDirectory(folder)
        try put("\(folder)/operstate", isConnected ? "up\n" : "down\n")
        try link("\(folder)/device", to: "devices/pci0000:00/\(address)")
        try link("class/net/\(name)", to: folder)
    }

    /// A disk at a directory of the tree.
    public func addDisk(_ number: String, at folder: String, slaves: [String] = []) throws {
        try makeDirectory(folder)
        try link("dev/block/\(number)", to: folder)
        for slave in slaves {
            try makeDirectory("\(folder)/slaves")
            try link("\(folder)/slaves/\(FilePath(slave).lastComponent?.string ?? "")", to: slave)
        }
    }

    public func driver(of address: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let path = root.appending("bus/pci/devices/\(address)/driver")
        guard readlink(path.string, &buffer, buffer.count - 1) > 0 else { return nil }
        return FilePath(platformString: buffer).lastComponent?.string
    }

    private func makeDirectory(_ name: String) throws {
        var path = root
        for part in [""] + name.split(separator: "/").map(String.init) {
            if !part.isEmpty { path.append(part) }
            guard mkdir(path.string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        }
    }

    private func link(_ name: String, to target: String) throws {
        guard symlink(root.appending(target).string, root.appending(name).string) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    private func put(_ name: String, _ text: String) throws {
        let file = try FileDescriptor.open(
            root.appending(name), .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    // MARK: The kernel

    public func write(_ text: String, to file: FilePath, within limit: Duration) async throws(SysfsError) {
        var path = file
        guard path.removePrefix(root) else { throw .refused(.noSuchFileOrDirectory) }
        let name = path.string
        let answer = state.withLock { state in
            state.written.append("\(name) \(text)")
            return (state.refusals[name], state.silent.contains(name))
        }
        if answer.1 { throw .silent(process: 77) }
        if let code = answer.0 { throw .refused(code) }
        if let code = faults?.failure(.file, "sysfs \(name)") { throw .refused(Errno(rawValue: code)) }
        do { try act(name, text) } catch { throw .refused(error as? Errno ?? .ioError) }
    }

    private func act(_ name: String, _ text: String) throws {
        let words = name.split(separator: "/").map(String.init)
        if words.starts(with: ["bus", "pci", "devices"]) { return }
        guard words.count == 5, words[2] == "drivers", access(root.appending(name).string, F_OK) == 0 else {
            throw Errno.noSuchFileOrDirectory
        }
        let slots = "bus/pci/drivers/\(words[3])/slots"
        let held = try String(decoding: read(slots), as: UTF8.self).split(separator: "\n").map(String.init)
        switch words[4] {
        case "bind":
            guard driver(of: text) == nil else { throw Errno.resourceBusy }
            guard words[3] != "pciback" || held.contains(text) else { throw Errno(rawValue: ENODEV) }
            try bind(text, to: words[3])
        case "unbind":
            guard driver(of: text) == words[3] else { throw Errno(rawValue: ENODEV) }
            unlink(root.appending("bus/pci/devices/\(text)/driver").string)
            unlink(root.appending("bus/pci/drivers/\(words[3])/\(text)").string)
        case "new_slot": try put(slots, (held + [text]).map { $0 + "\n" }.joined())
        case "remove_slot": try put(slots, held.filter { $0 != text }.map { $0 + "\n" }.joined())
        default: break
        }
    }

    private func bind(_ address: String, to driver: String) throws {
        let device = "devices/pci0000:00/\(address)"
        try link("\(device)/driver", to: "bus/pci/drivers/\(driver)")
        try link("bus/pci/drivers/\(driver)/\(address)", to: device)
    }

    private func read(_ name: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(root.appending(name), .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            return Array(bytes[..<count])
        }
    }
}
