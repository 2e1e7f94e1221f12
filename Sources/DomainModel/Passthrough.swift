/// Which reserved device memory a guest leaves free (`libxl_rdm_reserve_strategy`).
public enum RDMReserveStrategy: Int32, DefaultedEnumeration {
    /// That of the guest's own devices.
    case ignore = 0
    /// That of all devices of the machine.
    case host = 1

    public static let names: KeyValuePairs<RDMReserveStrategy, String> = [
        .ignore: "ignore", .host: "host",
    ]
    public static let defaultValue = RDMReserveStrategy.ignore
}

/// What happens when reserved device memory is in the way (`libxl_rdm_reserve_policy`).
public enum RDMReservePolicy: Int32, DefaultedEnumeration {
    /// Not said.
    case invalid = -1
    /// The guest, or the device, is refused.
    case strict = 0
    /// A warning.
    case relaxed = 1

    public static let names: KeyValuePairs<RDMReservePolicy, String> = [
        .invalid: "invalid", .strict: "strict", .relaxed: "relaxed",
    ]
    public static let defaultValue = RDMReservePolicy.invalid
}

/// How a guest treats the memory that devices of the host reserve (`libxl_rdm_reserve`).
public struct RDMReserve: LibxlStructure {
    /// Which memory is kept free.
    public var strategy: RDMReserveStrategy = .ignore
    /// What happens when it is in the way.
    public var policy: RDMReservePolicy = .invalid

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case strategy
        case policy
    }
}

/// A PCI device that is passed through (`libxl_device_pci`): domain, bus, device and function on the host, and the
/// slot in the guest (`vdevfn`; 0 for any).
public struct PCIDevice: LibxlStructure {
    /// The device's function on the host, 0 to 7.
    public var function: UInt8 = 0
    /// The device's slot on its bus of the host, 0 to 31.
    public var device: UInt8 = 0
    /// The device's bus of the host.
    public var bus: UInt8 = 0
    /// The device's segment of the host, 0 to 65535.
    public var domain: Int32 = 0
    /// Slot and function in the guest, as slot * 8 + function; 0 for any.
    public var virtualDevfn: UInt32 = 0
    /// Which functions of the slot are meant, a bit for each; 0 for ``function`` alone.
    public var functionMask: UInt32 = 0
    /// Give the guest line interrupts where the device has messages.
    public var msitranslate: Bool = false
    /// Let the guest change the device's power state.
    public var powerMgmt: Bool = false
    /// Let the guest write to all of the device's configuration space.
    public var permissive: Bool = false
    /// Take the device from its driver on the host.
    public var seize: Bool = false
    /// What happens when memory that the device reserves is in the way.
    public var rdmPolicy: RDMReservePolicy = .invalid
    /// A name for the device among those that are kept for guests.
    public var name: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case function = "func"
        case device = "dev"
        case bus
        case domain
        case virtualDevfn = "vdevfn"
        case functionMask = "vfunc_mask"
        case msitranslate
        case powerMgmt = "power_mgmt"
        case permissive
        case seize
        case rdmPolicy = "rdm_policy"
        case name
    }
}

/// Memory that a device of the host reserves, in bytes (`libxl_device_rdm`).
public struct RDMDevice: LibxlStructure {
    /// First byte.
    public var start: UInt64 = 0
    /// Bytes.
    public var size: UInt64 = 0
    /// What happens when it is in the way.
    public var policy: RDMReservePolicy = .invalid

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case start
        case size
        case policy
    }
}

/// A device of the host's device tree that is passed through (`libxl_device_dtdev`).
public struct DTDevice: LibxlStructure {
    /// The device's path in the machine's device tree.
    public var path: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case path
    }
}

/// I/O ports of the host that a guest may use (`libxl_ioport_range`).
public struct IOPortRange: LibxlStructure {
    /// First port.
    public var first: UInt32 = 0
    /// Ports.
    public var number: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case first
        case number
    }
}

/// Memory-mapped I/O of the host that a guest may use, in frames of 4 KiB (`libxl_iomem_range`). `gfn` is where the
/// guest sees it; nil for the same place.
public struct IOMemoryRange: LibxlStructure {
    /// First frame of the machine.
    public var start: UInt64 = 0
    /// Frames.
    public var number: UInt64 = 0
    /// First frame of the guest; nil for that of the machine.
    public var gfn: UInt64?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case start
        case number
        case gfn
    }
}
