import XenTypes

/// The format of a disk's image (`libxl_disk_format`).
public enum DiskFormat: Int32, DefaultedEnumeration {
    case unknown = 0
    case qcow = 1
    case qcow2 = 2
    case vhd = 3
    case raw = 4
    case empty = 5
    case qed = 6

    public static let names: KeyValuePairs<DiskFormat, String> = [
        .unknown: "unknown", .qcow: "qcow", .qcow2: "qcow2", .vhd: "vhd", .raw: "raw", .empty: "empty",
        .qed: "qed",
    ]
    public static let defaultValue = DiskFormat.unknown
}

/// What serves a disk (`libxl_disk_backend`).
public enum DiskBackend: Int32, DefaultedEnumeration {
    case unknown = 0
    case phy = 1
    case tap = 2
    case qdisk = 3
    case standalone = 4

    public static let names: KeyValuePairs<DiskBackend, String> = [
        .unknown: "unknown", .phy: "phy", .tap: "tap", .qdisk: "qdisk", .standalone: "standalone",
    ]
    public static let defaultValue = DiskBackend.unknown
}

/// The protocol between a disk's two ends (`libxl_disk_specification`).
public enum DiskSpecification: Int32, DefaultedEnumeration {
    case unknown = 0
    case xen = 1
    case virtio = 2

    public static let names: KeyValuePairs<DiskSpecification, String> = [
        .unknown: "unknown", .xen: "xen", .virtio: "virtio",
    ]
    public static let defaultValue = DiskSpecification.unknown
}

/// How a virtio disk is attached (`libxl_disk_transport`).
public enum DiskTransport: Int32, DefaultedEnumeration {
    case unknown = 0
    case mmio = 1

    public static let names: KeyValuePairs<DiskTransport, String> = [
        .unknown: "unknown", .mmio: "mmio",
    ]
    public static let defaultValue = DiskTransport.unknown
}

/// A disk (`libxl_device_disk`): `physicalPath` is the backend's image, device or script's argument (`pdev_path`),
/// `virtualDevice` the guest's name for it (`vdev`). `irq` and `base` are libxl's own.
public struct DiskDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var physicalPath: String?
    public var virtualDevice: String?
    public var backend: DiskBackend = .unknown
    public var format: DiskFormat = .unknown
    public var script: String?
    private var removable: Int32 = 0
    private var readwrite: Int32 = 0
    private var cdrom: Int32 = 0
    public var directIOSafe: Bool = false
    public var discardEnable: Bool?
    public var specification: DiskSpecification = .unknown
    public var transport: DiskTransport = .unknown
    public var irq: UInt32 = 0
    public var base: UInt64 = 0
    public var coloEnable: Bool?
    public var coloRestoreEnable: Bool?
    public var coloHost: String?
    public var coloPort: Int32 = 0
    public var coloExport: String?
    public var activeDisk: String?
    public var hiddenDisk: String?
    public var trusted: Bool?
    public var grantUsage: Bool?

    public init() {}

    /// Whether the guest may eject the medium. libxl keeps this and the next two as numbers.
    public var isRemovable: Bool {
        get { removable != 0 }
        set { removable = newValue ? 1 : 0 }
    }

    public var isWritable: Bool {
        get { readwrite != 0 }
        set { readwrite = newValue ? 1 : 0 }
    }

    public var isCDROM: Bool {
        get { cdrom != 0 }
        set { cdrom = newValue ? 1 : 0 }
    }

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case physicalPath = "pdev_path"
        case virtualDevice = "vdev"
        case backend
        case format
        case script
        case removable
        case readwrite
        case cdrom = "is_cdrom"
        case directIOSafe = "direct_io_safe"
        case discardEnable = "discard_enable"
        case specification
        case transport
        case irq
        case base
        case coloEnable = "colo_enable"
        case coloRestoreEnable = "colo_restore_enable"
        case coloHost = "colo_host"
        case coloPort = "colo_port"
        case coloExport = "colo_export"
        case activeDisk = "active_disk"
        case hiddenDisk = "hidden_disk"
        case trusted
        case grantUsage = "grant_usage"
    }
}
