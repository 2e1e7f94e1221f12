import Glibc
import Synchronization
import SystemPackage
import XenToolstack

/// A tree of files that looks like /sys of a host with PCI devices and USB, and a kernel that does what is written to it.
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
        for folder in ["bus/usb/devices", "bus/usb/drivers"] { try makeDirectory(folder) }
        try put("bus/usb/drivers_probe", "")
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
        try addInterface(name, at: "devices/pci0000:00/\(address)", isConnected: isConnected)
    }

    /// A network interface of what is at a directory of the tree.
    public func addInterface(_ name: String, at device: String, isConnected: Bool = true) throws {
        let folder = "\(device)/net/\(name)"
        try makeDirectory(folder)
        try put("\(folder)/operstate", isConnected ? "up\n" : "down\n")
        try link("\(folder)/device", to: device)
        try link("class/net/\(name)", to: folder)
    }

    /// A keyboard, a mouse or the like at a directory of the tree.
    public func addInput(_ entry: String, called name: String, at device: String) throws {
        let folder = "\(device)/input/\(entry)"
        try makeDirectory(folder)
        try put("\(folder)/name", name + "\n")
        try makeDirectory("class/input")
        try link("class/input/\(entry)", to: folder)
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

    public func addUSBDriver(_ name: String) throws {
        try makeDirectory("bus/usb/drivers/\(name)")
        for file in ["bind", "unbind"] { try put("bus/usb/drivers/\(name)/\(file)", "") }
    }

    /// A device on USB, such as "3-1.2".
    ///
    /// - Parameter drivers: of its interfaces, in order.
    public func addUSBDevice(
        _ name: String, bus: UInt8, address: UInt8, deviceClass: String = "00", drivers: [String?] = []
    ) throws {
        let folder = "devices/pci0000:00/0000:00:14.0/usb\(bus)/\(name)"
        try makeDirectory(folder)
        for (file, text) in ["busnum": "\(bus)", "devnum": "\(address)", "bDeviceClass": deviceClass] {
            try put("\(folder)/\(file)", text + "\n")
        }
        try link("bus/usb/devices/\(name)", to: folder)
        for (number, driver) in drivers.enumerated() {
            let interface = "\(name):1.\(number)"
            try makeDirectory("\(folder)/\(interface)")
            try link("bus/usb/devices/\(interface)", to: "\(folder)/\(interface)")
            if let driver { try bind(interface, to: driver, bus: "usb") }
        }
    }

    /// A device is plugged out.
    public func removeUSBDevice(_ name: String) {
        for link in Self.names(in: root.appending("bus/usb/devices")) where link == name || link.hasPrefix(name + ":") {
            if let driver = driver(of: link, bus: "usb") {
                unlink(root.appending("bus/usb/drivers/\(driver)/\(link)").string)
            }
            unlink(root.appending("bus/usb/devices/\(link)").string)
        }
    }

    private static func names(in directory: FilePath) -> [String] {
        guard let stream = opendir(directory.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    /// - Parameter bus: "pci" or "usb".
    public func driver(of device: String, bus: String = "pci") -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let path = root.appending("bus/\(bus)/devices/\(device)/driver")
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

    package func write(_ text: String, to file: FilePath, within limit: Duration) async throws(SysfsError) {
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
        if words.starts(with: ["bus", "pci", "devices"]) || words == ["bus", "usb", "drivers_probe"] { return }
        guard words.count == 5, words[2] == "drivers", access(root.appending(name).string, F_OK) == 0 else {
            throw Errno.noSuchFileOrDirectory
        }
        let (bus, driver) = (words[1], words[3])
        let slots = "bus/pci/drivers/\(driver)/slots"
        switch words[4] {
        case "bind":
            guard access(root.appending("bus/\(bus)/devices/\(text)").string, F_OK) == 0 else {
                throw Errno(rawValue: ENODEV)
            }
            guard self.driver(of: text, bus: bus) == nil else { throw Errno.resourceBusy }
            if driver == "pciback", try !lines(of: slots).contains(text) { throw Errno(rawValue: ENODEV) }
            try bind(text, to: driver, bus: bus)
        case "unbind":
            guard self.driver(of: text, bus: bus) == driver else { throw Errno(rawValue: ENODEV) }
            unlink(root.appending("bus/\(bus)/devices/\(text)/driver").string)
            unlink(root.appending("bus/\(bus)/drivers/\(driver)/\(text)").string)
        case "new_slot": try put(slots, (try lines(of: slots) + [text]).map { $0 + "\n" }.joined())
        case "remove_slot": try put(slots, try lines(of: slots).filter { $0 != text }.map { $0 + "\n" }.joined())
        default: break
        }
    }

    private func lines(of file: String) throws -> [String] {
        try String(decoding: read(file), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func bind(_ device: String, to driver: String, bus: String = "pci") throws {
        let folder = "bus/\(bus)/devices/\(device)"
        try link("\(folder)/driver", to: "bus/\(bus)/drivers/\(driver)")
        try link("bus/\(bus)/drivers/\(driver)/\(device)", to: folder)
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
