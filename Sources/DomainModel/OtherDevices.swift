import XenTypes

/// A console with a name for programs of the guest to talk through (`libxl_device_channel`).
public struct ChannelDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// What the guest's programs know the channel by.
    public var name: String?
    private var unknown: EmptyObject? = EmptyObject()
    private var pty: EmptyObject?
    private var socket: Socket?

    public init() {}

    /// Where the channel ends in the backend's domain (`libxl_channel_connection`).
    public enum Connection: Sendable, Equatable {
        /// Not said, which is refused.
        case unknown
        /// A pseudo-terminal.
        case pty
        /// A Unix socket that listens at this path.
        case socket(path: String?)
    }

    private struct Socket: LibxlStructure {
        var path: String?

        enum CodingKeys: String, LibxlKey {
            case path
        }
    }

    /// Where the channel ends.
    public var connection: Connection {
        get {
            if let socket { return .socket(path: socket.path) }
            return pty == nil ? .unknown : .pty
        }
        set {
            unknown = newValue == .unknown ? EmptyObject() : nil
            pty = newValue == .pty ? EmptyObject() : nil
            socket = nil
            if case .socket(let path) = newValue {
                socket = Socket()
                socket?.path = path
            }
        }
    }

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case name
        case unknown = "connection.unknown"
        case pty = "connection.pty"
        case socket = "connection.socket"
    }
}

/// A virtual TPM (`libxl_device_vtpm`).
public struct VTPMDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// The module's UUID in the backend; nil for a random one.
    public var uuid: XenUUID?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case uuid
    }
}

/// What serves a shared folder (`libxl_p9_type`, Xen 4.19).
public enum P9Type: Int32, DefaultedEnumeration {
    /// Not said: ``qemu``.
    case unknown = 0
    /// QEMU.
    case qemu = 1
    /// Xen's daemon `xen-9pfsd`.
    case xen9pfsd = 2

    public static let names: KeyValuePairs<P9Type, String> = [
        .unknown: "unknown", .qemu: "qemu", .xen9pfsd: "xen_9pfsd",
    ]
    public static let defaultValue = P9Type.unknown
}

/// A folder of the backend's domain, shared by 9pfs (`libxl_device_p9`). The limits are for the `xen_9pfsd` type.
public struct P9Device: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// What the guest mounts it by.
    public var tag: String?
    /// The directory in the backend's domain.
    public var path: String?
    /// Whom files belong to: `none` as the guest says.
    public var securityModel: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// What serves it.
    public var type: P9Type = .unknown
    /// Most space, in MiB; 0 for no limit.
    public var maxSpace: Int32 = 0
    /// Most files; 0 for no limit.
    public var maxFiles: Int32 = 0
    /// Most open files; 0 for no limit.
    public var maxOpenFiles: Int32 = 0
    /// Remove the oldest files when there is no space.
    public var autoDelete: Bool = false

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case tag
        case path
        case securityModel = "security_model"
        case deviceID = "devid"
        case type
        case maxSpace = "max_space"
        case maxFiles = "max_files"
        case maxOpenFiles = "max_open_files"
        case autoDelete = "auto_delete"
    }
}

/// Sockets of the backend's domain (`libxl_device_pvcallsif`).
public struct PVCallsDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
    }
}

/// How a virtio device is attached (`libxl_virtio_transport`, Xen 4.18).
public enum VirtIOTransport: Int32, DefaultedEnumeration {
    /// Not said, which is refused.
    case unknown = 0
    /// By registers in the guest's memory.
    case mmio = 1

    public static let names: KeyValuePairs<VirtIOTransport, String> = [
        .unknown: "unknown", .mmio: "mmio",
    ]
    public static let defaultValue = VirtIOTransport.unknown
}

/// A virtio device whose backend is a program of the user's (`libxl_device_virtio`, Xen 4.18).
public struct VirtIODevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The kind of device, as `virtio,deviceNN` of device trees.
    public var type: String?
    /// How it is attached.
    public var transport: VirtIOTransport = .unknown
    /// Its memory is shared by grants; nil is yes for a backend outside the control domain.
    public var grantUsage: Bool?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// Its interrupt, which the toolstack gives out.
    public var irq: UInt32 = 0
    /// Guest-physical address of its registers, which the toolstack gives out.
    public var base: UInt64 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case type
        case transport
        case grantUsage = "grant_usage"
        case deviceID = "devid"
        case irq
        case base
    }
}
