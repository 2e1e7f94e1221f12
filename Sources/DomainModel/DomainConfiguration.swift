/// What happens to a domain that has shut down (`libxl_action_on_shutdown`).
public enum ActionOnShutdown: Int32, DefaultedEnumeration {
    /// Remove it.
    case destroy = 1
    /// Remove it, and create it anew from its configuration.
    case restart = 2
    /// Keep it under another name, and create it anew.
    case restartRename = 3
    /// Keep it as it is.
    case preserve = 4
    /// Write its memory to a file, and remove it.
    case coredumpDestroy = 5
    /// Write its memory to a file, remove it, and create it anew.
    case coredumpRestart = 6
    /// Reset its devices, and let it go on: HVM guests only.
    case softReset = 7

    public static let names: KeyValuePairs<ActionOnShutdown, String> = [
        .destroy: "destroy", .restart: "restart", .restartRename: "restart_rename", .preserve: "preserve",
        .coredumpDestroy: "coredump_destroy", .coredumpRestart: "coredump_restart",
        .softReset: "soft_reset",
    ]
    public static let defaultValue = ActionOnShutdown.destroy
}

/// A whole domain: what `xl create -n` prints, what is stored for a running domain and what goes before the stream
/// of a migration (`libxl_domain_config`).
public struct DomainConfiguration: LibxlStructure {
    /// What the domain is before it has memory.
    public var createInfo: CreateInfo = CreateInfo()
    /// What it is built of.
    public var buildInfo: BuildInfo = BuildInfo()
    /// Disks and CD drives.
    public var disks: [DiskDevice] = []
    /// Network cards.
    public var nics: [NICDevice] = []
    /// PCI devices of the machine for the guest.
    public var pciDevices: [PCIDevice] = []
    /// Memory that those devices reserve, which the toolstack finds out.
    public var rdms: [RDMDevice] = []
    /// Devices of the machine's device tree for the guest (ARM).
    public var dtDevices: [DTDevice] = []
    /// Paravirtual displays of a PV or PVH guest.
    public var vfbs: [VFBDevice] = []
    /// Paravirtual keyboards and pointers.
    public var vkbs: [VKBDevice] = []
    /// Virtio devices that programs of the user's serve.
    public var virtios: [VirtIODevice] = []
    /// Trusted platform modules.
    public var vtpms: [VTPMDevice] = []
    /// Directories shared over 9P.
    public var p9s: [P9Device] = []
    /// Socket calls that another domain performs.
    public var pvcallsInterfaces: [PVCallsDevice] = []
    /// Paravirtual displays of the vdispl protocol.
    public var vdispls: [VDisplDevice] = []
    /// Paravirtual sound cards.
    public var vsnds: [VSndDevice] = []
    /// Byte channels between guest and host.
    public var channels: [ChannelDevice] = []
    /// USB controllers.
    public var usbControllers: [USBController] = []
    /// USB devices of the machine for the guest.
    public var usbDevices: [USBDevice] = []
    /// What to do when the guest powers off.
    public var onPoweroff: ActionOnShutdown = .destroy
    /// What to do when the guest reboots.
    public var onReboot: ActionOnShutdown = .destroy
    /// What to do when the guest's watchdog fires.
    public var onWatchdog: ActionOnShutdown = .destroy
    /// What to do when the guest crashes.
    public var onCrash: ActionOnShutdown = .destroy
    /// What to do when the guest asks for a soft reset, which only HVM guests can have.
    public var onSoftReset: ActionOnShutdown = .destroy

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case createInfo = "c_info"
        case buildInfo = "b_info"
        case disks
        case nics
        case pciDevices = "pcidevs"
        case rdms
        case dtDevices = "dtdevs"
        case vfbs
        case vkbs
        case virtios
        case vtpms
        case p9s
        case pvcallsInterfaces = "pvcallsifs"
        case vdispls
        case vsnds
        case channels
        case usbControllers = "usbctrls"
        case usbDevices = "usbdevs"
        case onPoweroff = "on_poweroff"
        case onReboot = "on_reboot"
        case onWatchdog = "on_watchdog"
        case onCrash = "on_crash"
        case onSoftReset = "on_soft_reset"
    }
}
