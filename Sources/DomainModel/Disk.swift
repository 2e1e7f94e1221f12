import XenTypes

/// The format of a disk's image (`libxl_disk_format`).
public enum DiskFormat: Int32, DefaultedEnumeration {
    /// Not said. A disk with an image needs another; xl.cfg says raw where a file says nothing.
    case unknown = 0
    /// QEMU's old format.
    case qcow = 1
    /// QEMU's format.
    case qcow2 = 2
    /// Hyper-V's old format.
    case vhd = 3
    /// The disk's bytes as they are.
    case raw = 4
    /// No medium in the drive.
    case empty = 5
    /// QEMU's abandoned format.
    case qed = 6

    public static let names: KeyValuePairs<DiskFormat, String> = [
        .unknown: "unknown", .qcow: "qcow", .qcow2: "qcow2", .vhd: "vhd", .raw: "raw", .empty: "empty",
        .qed: "qed",
    ]
    public static let defaultValue = DiskFormat.unknown
}

/// What serves a disk (`libxl_disk_backend`).
public enum DiskBackend: Int32, DefaultedEnumeration {
    /// Not said: what the disk's image needs.
    case unknown = 0
    /// The control domain's kernel (`blkback`).
    case phy = 1
    /// blktap, which Xen has again from 4.19 on.
    case tap = 2
    /// QEMU.
    case qdisk = 3
    /// A program of its own that looks for the device.
    case standalone = 4

    public static let names: KeyValuePairs<DiskBackend, String> = [
        .unknown: "unknown", .phy: "phy", .tap: "tap", .qdisk: "qdisk", .standalone: "standalone",
    ]
    public static let defaultValue = DiskBackend.unknown
}

/// The protocol between a disk's two ends (`libxl_disk_specification`).
public enum DiskSpecification: Int32, DefaultedEnumeration {
    /// Not said: ``xen``.
    case unknown = 0
    /// Xen's own (`xen/io/blkif.h`).
    case xen = 1
    /// Virtio.
    case virtio = 2

    public static let names: KeyValuePairs<DiskSpecification, String> = [
        .unknown: "unknown", .xen: "xen", .virtio: "virtio",
    ]
    public static let defaultValue = DiskSpecification.unknown
}

/// How a virtio disk is attached (`libxl_disk_transport`).
public enum DiskTransport: Int32, DefaultedEnumeration {
    /// Not said: ``mmio`` for virtio.
    case unknown = 0
    /// By registers in the guest's memory.
    case mmio = 1

    public static let names: KeyValuePairs<DiskTransport, String> = [
        .unknown: "unknown", .mmio: "mmio",
    ]
    public static let defaultValue = DiskTransport.unknown
}

/// A disk (`libxl_device_disk`): `physicalPath` is the backend's image, device or script's argument (`pdev_path`),
/// `virtualDevice` the guest's name for it (`vdev`). `irq` and `base` are libxl's own.
public struct DiskDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The image or device in the backend's domain, or the script's argument; nil for an empty drive.
    public var physicalPath: String?
    /// The guest's name for it, such as `xvda`, `hdc`, `sda1`, `d0p1`.
    public var virtualDevice: String?
    /// What serves it.
    public var backend: DiskBackend = .unknown
    /// The image's format.
    public var format: DiskFormat = .unknown
    /// Script that connects the disk in the backend; nil for the stock one.
    public var script: String?
    private var removable: Int32 = 0
    private var readwrite: Int32 = 0
    private var cdrom: Int32 = 0
    /// The backend may pass by the host's page cache.
    public var directIOSafe: Bool = false
    /// Give back what the guest no longer uses; nil is yes for a disk that it may write.
    public var discardEnable: Bool?
    /// The protocol between the two ends.
    public var specification: DiskSpecification = .unknown
    /// How a virtio disk is attached.
    public var transport: DiskTransport = .unknown
    /// Interrupt of a virtio disk, which the toolstack gives out.
    public var irq: UInt32 = 0
    /// Guest-physical address of a virtio disk's registers, which the toolstack gives out.
    public var base: UInt64 = 0
    /// COLO: copy what is written to the other host; nil is no.
    public var coloEnable: Bool?
    /// COLO: this is the copy; nil is no.
    public var coloRestoreEnable: Bool?
    /// COLO: address of the other host.
    public var coloHost: String?
    /// COLO: port of the other host.
    public var coloPort: Int32 = 0
    /// COLO: name of the disk there.
    public var coloExport: String?
    /// COLO: image for what the copy writes.
    public var activeDisk: String?
    /// COLO: image for what the copy has and the original overwrites.
    public var hiddenDisk: String?
    /// The guest need not distrust the backend; nil is yes.
    public var trusted: Bool?
    /// A virtio disk's memory is shared by grants; nil is yes for a backend outside the control domain.
    public var grantUsage: Bool?

    public init() {}

    /// Whether the guest may eject the medium. libxl keeps this and the next two as numbers.
    public var isRemovable: Bool {
        get { removable != 0 }
        set { removable = newValue ? 1 : 0 }
    }

    /// Whether the guest may write.
    public var isWritable: Bool {
        get { readwrite != 0 }
        set { readwrite = newValue ? 1 : 0 }
    }

    /// Whether it is a CD drive.
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
