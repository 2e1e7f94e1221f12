import XenTypes

/// The kind of a guest (`libxl_domain_type`).
public enum DomainType: Int32, DefaultedEnumeration {
    /// Not said, which is refused.
    case invalid = -1
    /// A PC, with firmware and devices that QEMU emulates.
    case hvm = 1
    /// A guest whose kernel knows that it runs on Xen, without the processor's help.
    case pv = 2
    /// A guest whose kernel knows that it runs on Xen, with the processor's help and no emulated PC.
    case pvh = 3

    public static let names: KeyValuePairs<DomainType, String> = [
        .invalid: "invalid", .hvm: "hvm", .pv: "pv", .pvh: "pvh",
    ]
    public static let defaultValue = DomainType.invalid
}

/// Whether and how a domain may be given PCI devices (`libxl_passthrough`).
public enum Passthrough: Int32, DefaultedEnumeration {
    /// Enabled when the domain has such devices.
    case `default` = 0
    /// It may not.
    case disabled = 1
    /// It may, in the way that suits the guest.
    case enabled = 2
    /// It may, with page tables of the IOMMU's own.
    case syncPt = 3
    /// It may, with the processor's page tables for the IOMMU, too.
    case sharePt = 4

    public static let names: KeyValuePairs<Passthrough, String> = [
        .default: "default", .disabled: "disabled", .enabled: "enabled", .syncPt: "sync_pt",
        .sharePt: "share_pt",
    ]
    public static let defaultValue = Passthrough.default
}

/// What a domain is before it has memory: type, name, identity and place on the host (`libxl_domain_create_info`).
public struct CreateInfo: LibxlStructure {
    /// The guest's type, which is given to ``BuildInfo/type``, too.
    public var type: DomainType = .invalid
    /// Use the processor's second level of page tables; nil is yes where the machine has one.
    public var hap: Bool?
    /// Let shadow page tables be out of date for a while; nil is yes.
    public var oos: Bool?
    /// Number of ``ssidLabel``, once Flask has been asked.
    public var ssidRef: UInt32 = 0
    /// Flask label of the domain, while it is built at least.
    public var ssidLabel: String?
    /// The domain's name, unique on the host; required.
    public var name: String?
    /// The number that the domain is to have; 0 for any.
    public var domainID: DomainID = .control
    /// The domain's UUID; nil for a random one.
    public var uuid: XenUUID?
    /// More nodes below the domain's own in the store, which the guest may read.
    public var storeData: KeyValueList = KeyValueList()
    /// More nodes below `platform` of the domain's own.
    public var platformData: KeyValueList = KeyValueList()
    /// Number of the CPU pool to run in; ``poolName`` comes before it.
    public var poolID: UInt32 = 0
    /// The CPU pool to run in; nil for ``poolID``.
    public var poolName: String?
    /// Connect disks and cards in the toolstack, and not in a daemon of the backend; nil is yes.
    public var runHotplugScripts: Bool?
    /// Let the guest be a backend for others; nil is no.
    public var driverDomain: Bool?
    /// Whether and how devices can be passed through.
    public var passthrough: Passthrough = .default
    /// Let the guest write the store node of the suspend event channel, as xend did; nil is no.
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
