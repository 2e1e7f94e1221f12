import XenTypes

/// The kind of a guest (`libxl_domain_type`).
public enum DomainType: Int32, DefaultedEnumeration {
    case invalid = -1
    case hvm = 1
    case pv = 2
    case pvh = 3

    public static let names: KeyValuePairs<DomainType, String> = [
        .invalid: "invalid", .hvm: "hvm", .pv: "pv", .pvh: "pvh",
    ]
    public static let defaultValue = DomainType.invalid
}

/// Whether and how a domain may be given PCI devices (`libxl_passthrough`).
public enum Passthrough: Int32, DefaultedEnumeration {
    case `default` = 0
    case disabled = 1
    case enabled = 2
    case syncPt = 3
    case sharePt = 4

    public static let names: KeyValuePairs<Passthrough, String> = [
        .default: "default", .disabled: "disabled", .enabled: "enabled", .syncPt: "sync_pt",
        .sharePt: "share_pt",
    ]
    public static let defaultValue = Passthrough.default
}

/// What a domain is before it has memory: type, name, identity and place on the host (`libxl_domain_create_info`).
public struct CreateInfo: LibxlStructure {
    public var type: DomainType = .invalid
    public var hap: Bool?
    public var oos: Bool?
    public var ssidRef: UInt32 = 0
    public var ssidLabel: String?
    public var name: String?
    public var domainID: DomainID = .control
    public var uuid: XenUUID?
    public var storeData: KeyValueList = KeyValueList()
    public var platformData: KeyValueList = KeyValueList()
    public var poolID: UInt32 = 0
    public var poolName: String?
    public var runHotplugScripts: Bool?
    public var driverDomain: Bool?
    public var passthrough: Passthrough = .default
    public var xendSuspendEventChannelCompat: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case type
        case hap
        case oos
        case ssidRef = "ssidref"
        case ssidLabel = "ssid_label"
        case name
        case domainID = "domid"
        case uuid
        case storeData = "xsdata"
        case platformData = "platformdata"
        case poolID = "poolid"
        case poolName = "pool_name"
        case runHotplugScripts = "run_hotplug_scripts"
        case driverDomain = "driver_domain"
        case passthrough
        case xendSuspendEventChannelCompat = "xend_suspend_evtchn_compat"
    }
}
