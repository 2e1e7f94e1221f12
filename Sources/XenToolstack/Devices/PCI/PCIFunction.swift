import DomainConfig
import DomainModel
import SystemPackage
import XenControl

/// One function of a PCI device of this host, as sysfs shows it.
public struct PCIFunction: Sendable, Hashable {
    /// Where it is.
    public var address: PCIDeviceAddress
    /// Number of its vendor; 0 where that cannot be read.
    public var vendor: UInt16 = 0
    /// Its vendor's number of it; 0 where that cannot be read.
    public var device: UInt16 = 0
    /// Class, subclass and programming interface.
    public var classCode: UInt32 = 0
    /// The directory of the driver that has it, without links; nil when none has.
    public var driver: FilePath?
    /// The line of its interrupt; nil when it has none.
    public var interrupt: UInt32?
    /// The BARs that have an address, and the ROM.
    public var resources: [PCIResource] = []
    /// How the kernel can reset it alone; nil when it cannot.
    public var reset: [String]?

    public init(_ address: PCIDeviceAddress) { self.address = address }

    /// Whether it is a bridge (base class 6): what is behind it would be gone.
    public var isBridge: Bool { classCode >> 16 == 0x06 }
    /// A VGA controller: it has the old frame buffer's addresses, too.
    public var isVGA: Bool { classCode == 0x03_0000 }
}

/// A part of a device's memory or I/O ports.
public struct PCIResource: Sendable, Hashable {
    /// First port, or first byte of memory.
    public var start: UInt64
    /// Of bytes or ports.
    public var count: UInt64
    /// Whether it is I/O ports, and not memory.
    public var isPorts: Bool

    public init(start: UInt64, count: UInt64, isPorts: Bool) {
        self.start = start
        self.count = count
        self.isPorts = isPorts
    }

    /// A line of the file `resource`: start, last and flags (`drivers/pci/pci-sysfs.c` of Linux).
    ///
    /// - Returns: nil for one without an address, or what is none.
    init?(line: Substring) {
        let numbers = line.split(separator: " ").compactMap { word in
            word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : nil
        }
        guard numbers.count == 3, numbers[0] != 0, numbers[1] >= numbers[0], numbers[1] < .max - 0x1000 else {
            return nil
        }
        // `PCI_BASE_ADDRESS_SPACE_IO`, which the kernel's resource flags begin with.
        self.init(start: numbers[0], count: numbers[1] - numbers[0] + 1, isPorts: numbers[2] & 1 != 0)
    }

    /// The frames that it touches, where it is memory.
    public var frames: Range<UInt64> { start >> 12..<(start + count + 0xFFF) >> 12 }
}

/// What sysfs shows of PCI.
struct HostPCI: Sendable {
    /// Usually /sys.
    let root: FilePath

    var devices: FilePath { root.appending("bus/pci/devices") }
    var drivers: FilePath { root.appending("bus/pci/drivers") }
    var pciback: FilePath { drivers.appending("pciback") }

    /// `PROC_PCI_NUM_RESOURCES` of libxl: six BARs and the ROM.
    private static let resourceCount = 7
    /// Interrupt lines are numbers of 8 bits, of which the last says that there is none.
    private static let interrupts: Range<UInt32> = 1..<0xFF

    func directory(of address: PCIDeviceAddress) -> FilePath { devices.appending(address.description) }

    /// Every function of the host.
    var addresses: [PCIDeviceAddress] { Files.names(in: devices).compactMap { PCIDeviceAddress($0) } }

    /// All functions of a device, in their order.
    func functions(of address: PCIDeviceAddress) -> [PCIDeviceAddress] {
        (0..<8).map { PCIDeviceAddress(segment: address.segment, bus: address.bus, devfn: address.devfn & ~7 | $0) }
            .filter { Files.exists(directory(of: $0)) }
    }

    /// - Returns: nil when there is no such device.
    func function(at address: PCIDeviceAddress) -> PCIFunction? {
        let directory = directory(of: address)
        guard Files.exists(directory) else { return nil }
        func number(_ name: String) -> UInt32? {
            guard let text = line(directory.appending(name)), text.hasPrefix("0x") else { return nil }
            return UInt32(text.dropFirst(2), radix: 16)
        }
        var function = PCIFunction(address)
        function.vendor = UInt16(truncatingIfNeeded: number("vendor") ?? 0)
        function.device = UInt16(truncatingIfNeeded: number("device") ?? 0)
        function.classCode = number("class") ?? 0
        function.driver = Files.realPath(directory.appending("driver"))
        function.interrupt = line(directory.appending("irq")).flatMap { UInt32($0) }
            .flatMap { Self.interrupts.contains($0) ? $0 : nil }
        let resources = Files.text(directory.appending("resource")) ?? ""
        function.resources = resources.split(separator: "\n").prefix(Self.resourceCount).compactMap(PCIResource.init)
        if Files.exists(directory.appending("reset")) {
            let methods = line(directory.appending("reset_method")) ?? ""
            function.reset = methods.split(separator: " ").map(String.init)
        }
        return function
    }

    private func line(_ file: FilePath) -> String? {
        Files.text(file, limit: 1 << 16).map { String($0.prefix { $0 != "\n" }) }
    }

    // MARK: pciback

    var hasPciback: Bool { Files.exists(pciback) }

    /// The devices that pciback has, in sysfs' order.
    var heldByPciback: [PCIDeviceAddress] { Files.names(in: pciback).compactMap { PCIDeviceAddress($0) } }

    func isHeldByPciback(_ address: PCIDeviceAddress) -> Bool {
        Files.exists(pciback.appending(address.description))
    }

    /// Whether pciback expects the device: writing it to `new_slot` again would make a second entry.
    func hasSlot(_ address: PCIDeviceAddress) -> Bool {
        let slots = Files.text(pciback.appending("slots")) ?? ""
        return slots.split(separator: "\n").contains { PCIDeviceAddress(String($0)) == address }
    }
}

extension PCIDevice {
    /// Its address on the host: for all functions, the first; nil when there can be none such.
    public var address: PCIDeviceAddress? {
        guard let segment = UInt16(exactly: domain), device < 32, function < 8 else { return nil }
        return PCIDeviceAddress(segment: segment, bus: bus, devfn: device << 3 | function)
    }
}

extension PCISpec {
    /// Reads the address of one function: `[DDDD:]BB:DD.F`.
    public static func parseFunction(_ word: String) throws(SpecError) -> PCIDeviceAddress {
        let device = try parseAddress(word)
        guard let address = device.address, device.functionMask == 1 else {
            throw SpecError(.syntax, "\"\(word)\" is not the address of one function", at: 0..<word.utf8.count)
        }
        return address
    }
}
