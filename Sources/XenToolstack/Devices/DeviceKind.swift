/// The kinds of device directories in xenstore: `device/KIND` of a frontend, `backend/KIND` of a backend
/// (`libxl__device_kind` in `libxl_types_internal.idl`; the names are part of the store's layout).
public enum DeviceKind: String, Sendable, Hashable, CaseIterable {
    /// Network card.
    case vif
    /// Disk.
    case vbd
    /// Block devices of tapdisk.
    case vbd3
    /// Disk that QEMU serves: kind of a backend.
    case qdisk
    /// PCI devices.
    case pci
    /// Display.
    case vfb
    /// Keyboard and pointer.
    case vkbd
    /// Console.
    case console
    /// Trusted platform module.
    case vtpm
    /// USB controller.
    case vusb
    /// USB controller that QEMU serves.
    case qusb
    /// Directory shared over 9P.
    case p9 = "9pfs"
    /// Those that `xen-9pfsd` serves.
    case xen9P = "xen_9pfs"
    /// Display of the vdispl protocol.
    case vdispl
    /// Serial port of a guest on ARM.
    case vuart
    /// Socket calls that another domain performs.
    case pvcalls
    /// Sound card.
    case vsnd
    /// Keyboard and pointer that a program of its own serves: kind of a backend.
    case vinput
    /// Virtio disk.
    case virtioDisk = "virtio_disk"

    /// Whether a QEMU process is the backend: it connects devices when it finds them, without the toolstack's help.
    public var isServedByQEMU: Bool {
        switch self {
        case .qdisk, .vfb, .qusb, .p9, .vkbd: true
        default: false
        }
    }

    /// The kind of the frontends that such a backend serves.
    var frontend: DeviceKind {
        switch self {
        case .qdisk, .vbd3: .vbd
        case .qusb: .vusb
        case .xen9P: .p9
        case .vinput: .vkbd
        default: self
        }
    }

    /// Whether a hotplug script connects the backend to the host.
    public var hasScript: Bool { self == .vbd || self == .vbd3 || self == .vif }

    /// Whether nobody shuts such a backend down: its nodes are just removed.
    public var isConsole: Bool { self == .console || self == .vuart }

    /// The Linux module that provides the backend, for the error when none answers.
    var backendModule: String? {
        switch self {
        case .vbd: "xen-blkback"
        case .vif: "xen-netback"
        case .pvcalls: "pvcalls-back"
        case .vusb: "xen-usbback"
        default: nil
        }
    }
}
