/// What happens to a domain that has shut down (`libxl_action_on_shutdown`).
public enum ActionOnShutdown: Int32, DefaultedEnumeration {
    case destroy = 1
    case restart = 2
    case restartRename = 3
    case preserve = 4
    case coredumpDestroy = 5
    case coredumpRestart = 6
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
    public var createInfo: CreateInfo = CreateInfo()
    public var buildInfo: BuildInfo = BuildInfo()
    public var disks: [DiskDevice] = []
    public var nics: [NICDevice] = []
    public var pciDevices: [PCIDevice] = []
    public var rdms: [RDMDevice] = []
    public var dtDevices: [DTDevice] = []
    public var vfbs: [VFBDevice] = []
    public var vkbs: [VKBDevice] = []
    public var virtios: [VirtIODevice] = []
    public var vtpms: [VTPMDevice] = []
    public var p9s: [P9Device] = []
    public var pvcallsInterfaces: [PVCallsDevice] = []
    public var vdispls: [VDisplDevice] = []
    public var vsnds: [VSndDevice] = []
    public var channels: [ChannelDevice] = []
    public var usbControllers: [USBController] = []
    public var usbDevices: [USBDevice] = []
    public var onPoweroff: ActionOnShutdown = .destroy
    public var onReboot: ActionOnShutdown = .destroy
    public var onWatchdog: ActionOnShutdown = .destroy
    public var onCrash: ActionOnShutdown = .destroy
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
