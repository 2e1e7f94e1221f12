import XenTypes

/// Whether a network card has an emulated twin (`libxl_nic_type`).
public enum NICType: Int32, DefaultedEnumeration {
    case unknown = 0
    case vifIoemu = 1
    case vif = 2

    public static let names: KeyValuePairs<NICType, String> = [
        .unknown: "unknown", .vifIoemu: "vif_ioemu", .vif: "vif",
    ]
    public static let defaultValue = NICType.unknown
}

/// A network card (`libxl_device_nic`). The rate is in bytes in an interval; the fields that begin with `colo` are
/// options of QEMU's packet comparison.
public struct NICDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var deviceID: Int32?
    public var mtu: Int32 = 0
    public var vlan: String?
    public var model: String?
    public var mac: MACAddress?
    public var ip: String?
    public var bridge: String?
    public var interfaceName: String?
    public var script: String?
    public var nicType: NICType = .unknown
    public var rateBytesPerInterval: UInt64 = 0
    public var rateIntervalMicroseconds: UInt32 = 0
    public var gatewayDevice: String?
    public var coloftForwarddev: String?
    public var coloSockMirrorID: String?
    public var coloSockMirrorIP: String?
    public var coloSockMirrorPort: String?
    public var coloSockComparePriInID: String?
    public var coloSockComparePriInIP: String?
    public var coloSockComparePriInPort: String?
    public var coloSockCompareSecInID: String?
    public var coloSockCompareSecInIP: String?
    public var coloSockCompareSecInPort: String?
    public var coloSockCompareNotifyID: String?
    public var coloSockCompareNotifyIP: String?
    public var coloSockCompareNotifyPort: String?
    public var coloSockRedirector0ID: String?
    public var coloSockRedirector0IP: String?
    public var coloSockRedirector0Port: String?
    public var coloSockRedirector1ID: String?
    public var coloSockRedirector1IP: String?
    public var coloSockRedirector1Port: String?
    public var coloSockRedirector2ID: String?
    public var coloSockRedirector2IP: String?
    public var coloSockRedirector2Port: String?
    public var coloFilterMirrorQueue: String?
    public var coloFilterMirrorOutdev: String?
    public var coloFilterRedirector0Queue: String?
    public var coloFilterRedirector0Indev: String?
    public var coloFilterRedirector0Outdev: String?
    public var coloFilterRedirector1Queue: String?
    public var coloFilterRedirector1Indev: String?
    public var coloFilterRedirector1Outdev: String?
    public var coloComparePriIn: String?
    public var coloCompareSecIn: String?
    public var coloCompareOut: String?
    public var coloCompareNotifyDev: String?
    public var coloSockSecRedirector0ID: String?
    public var coloSockSecRedirector0IP: String?
    public var coloSockSecRedirector0Port: String?
    public var coloSockSecRedirector1ID: String?
    public var coloSockSecRedirector1IP: String?
    public var coloSockSecRedirector1Port: String?
    public var coloFilterSecRedirector0Queue: String?
    public var coloFilterSecRedirector0Indev: String?
    public var coloFilterSecRedirector0Outdev: String?
    public var coloFilterSecRedirector1Queue: String?
    public var coloFilterSecRedirector1Indev: String?
    public var coloFilterSecRedirector1Outdev: String?
    public var coloFilterSecRewriter0Queue: String?
    public var coloCheckpointHost: String?
    public var coloCheckpointPort: String?
    public var trusted: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case mtu
        case vlan
        case model
        case mac
        case ip
        case bridge
        case interfaceName = "ifname"
        case script
        case nicType = "nictype"
        case rateBytesPerInterval = "rate_bytes_per_interval"
        case rateIntervalMicroseconds = "rate_interval_usecs"
        case gatewayDevice = "gatewaydev"
        case coloftForwarddev = "coloft_forwarddev"
        case coloSockMirrorID = "colo_sock_mirror_id"
        case coloSockMirrorIP = "colo_sock_mirror_ip"
        case coloSockMirrorPort = "colo_sock_mirror_port"
        case coloSockComparePriInID = "colo_sock_compare_pri_in_id"
        case coloSockComparePriInIP = "colo_sock_compare_pri_in_ip"
        case coloSockComparePriInPort = "colo_sock_compare_pri_in_port"
        case coloSockCompareSecInID = "colo_sock_compare_sec_in_id"
        case coloSockCompareSecInIP = "colo_sock_compare_sec_in_ip"
        case coloSockCompareSecInPort = "colo_sock_compare_sec_in_port"
        case coloSockCompareNotifyID = "colo_sock_compare_notify_id"
        case coloSockCompareNotifyIP = "colo_sock_compare_notify_ip"
        case coloSockCompareNotifyPort = "colo_sock_compare_notify_port"
        case coloSockRedirector0ID = "colo_sock_redirector0_id"
        case coloSockRedirector0IP = "colo_sock_redirector0_ip"
        case coloSockRedirector0Port = "colo_sock_redirector0_port"
        case coloSockRedirector1ID = "colo_sock_redirector1_id"
        case coloSockRedirector1IP = "colo_sock_redirector1_ip"
        case coloSockRedirector1Port = "colo_sock_redirector1_port"
        case coloSockRedirector2ID = "colo_sock_redirector2_id"
        case coloSockRedirector2IP = "colo_sock_redirector2_ip"
        case coloSockRedirector2Port = "colo_sock_redirector2_port"
        case coloFilterMirrorQueue = "colo_filter_mirror_queue"
        case coloFilterMirrorOutdev = "colo_filter_mirror_outdev"
        case coloFilterRedirector0Queue = "colo_filter_redirector0_queue"
        case coloFilterRedirector0Indev = "colo_filter_redirector0_indev"
        case coloFilterRedirector0Outdev = "colo_filter_redirector0_outdev"
        case coloFilterRedirector1Queue = "colo_filter_redirector1_queue"
        case coloFilterRedirector1Indev = "colo_filter_redirector1_indev"
        case coloFilterRedirector1Outdev = "colo_filter_redirector1_outdev"
        case coloComparePriIn = "colo_compare_pri_in"
        case coloCompareSecIn = "colo_compare_sec_in"
        case coloCompareOut = "colo_compare_out"
        case coloCompareNotifyDev = "colo_compare_notify_dev"
        case coloSockSecRedirector0ID = "colo_sock_sec_redirector0_id"
        case coloSockSecRedirector0IP = "colo_sock_sec_redirector0_ip"
        case coloSockSecRedirector0Port = "colo_sock_sec_redirector0_port"
        case coloSockSecRedirector1ID = "colo_sock_sec_redirector1_id"
        case coloSockSecRedirector1IP = "colo_sock_sec_redirector1_ip"
        case coloSockSecRedirector1Port = "colo_sock_sec_redirector1_port"
        case coloFilterSecRedirector0Queue = "colo_filter_sec_redirector0_queue"
        case coloFilterSecRedirector0Indev = "colo_filter_sec_redirector0_indev"
        case coloFilterSecRedirector0Outdev = "colo_filter_sec_redirector0_outdev"
        case coloFilterSecRedirector1Queue = "colo_filter_sec_redirector1_queue"
        case coloFilterSecRedirector1Indev = "colo_filter_sec_redirector1_indev"
        case coloFilterSecRedirector1Outdev = "colo_filter_sec_redirector1_outdev"
        case coloFilterSecRewriter0Queue = "colo_filter_sec_rewriter0_queue"
        case coloCheckpointHost = "colo_checkpoint_host"
        case coloCheckpointPort = "colo_checkpoint_port"
        case trusted
    }
}
