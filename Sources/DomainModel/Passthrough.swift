/// Which reserved device memory a guest leaves free (`libxl_rdm_reserve_strategy`).
public enum RDMReserveStrategy: Int32, DefaultedEnumeration {
    case ignore = 0
    case host = 1

    public static let names: KeyValuePairs<RDMReserveStrategy, String> = [
        .ignore: "ignore", .host: "host",
    ]
    public static let defaultValue = RDMReserveStrategy.ignore
}

/// What happens when reserved device memory is in the way (`libxl_rdm_reserve_policy`).
public enum RDMReservePolicy: Int32, DefaultedEnumeration {
    case invalid = -1
    case strict = 0
    case relaxed = 1

    public static let names: KeyValuePairs<RDMReservePolicy, String> = [
        .invalid: "invalid", .strict: "strict", .relaxed: "relaxed",
    ]
    public static let defaultValue = RDMReservePolicy.invalid
}

/// How a guest treats the memory that devices of the host reserve (`libxl_rdm_reserve`).
public struct RDMReserve: LibxlStructure {
    public var strategy: RDMReserveStrategy = .ignore
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
    public var function: UInt8 = 0
    public var device: UInt8 = 0
    public var bus: UInt8 = 0
    public var domain: Int32 = 0
    public var virtualDevfn: UInt32 = 0
    public var functionMask: UInt32 = 0
    public var msitranslate: Bool = false
    public var powerMgmt: Bool = false
    public var permissive: Bool = false
    public var seize: Bool = false
    public var rdmPolicy: RDMReservePolicy = .invalid
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
    public var start: UInt64 = 0
    public var size: UInt64 = 0
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
    public var path: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case path
    }
}

/// I/O ports of the host that a guest may use (`libxl_ioport_range`).
public struct IOPortRange: LibxlStructure {
    public var first: UInt32 = 0
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
    public var start: UInt64 = 0
    public var number: UInt64 = 0
    public var gfn: UInt64?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case start
        case number
        case gfn
    }
}
