import XenTypes

/// Whether a network card has an emulated twin (`libxl_nic_type`).
public enum NICType: Int32, DefaultedEnumeration {
    /// Not said: emulated as well for HVM guests when they are created, not when they run.
    case unknown = 0
    /// A paravirtual card and an emulated one beside it.
    case vifIoemu = 1
    /// A paravirtual card only.
    case vif = 2

    public static let names: KeyValuePairs<NICType, String> = [
        .unknown: "unknown", .vifIoemu: "vif_ioemu", .vif: "vif",
    ]
    public static let defaultValue = NICType.unknown
}

/// A network card (`libxl_device_nic`). The rate is in bytes in an interval; the fields that begin with `colo` are
/// options of QEMU's packet comparison.
public struct NICDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// Largest packet, in bytes; 0 for 1500.
    public var mtu: Int32 = 0
    /// Virtual LANs of the bridge's port. From Xen 4.19 on.
    public var vlan: String?
    /// Emulated card, as QEMU names it: `rtl8139`, `e1000`, …
    public var model: String?
    /// Hardware address; nil for a random one of Xen's (00:16:3e).
    public var mac: MACAddress?
    /// The guest's address, for scripts that route or translate.
    public var ip: String?
    /// Bridge of the backend that the card joins.
    public var bridge: String?
    /// Name of the backend's interface; nil for `vifDOMID.N`.
    public var interfaceName: String?
    /// Script that connects the card in the backend; nil for `vif-bridge`.
    public var script: String?
    /// Paravirtual card only, or an emulated one beside it.
    public var nicType: NICType = .unknown
    /// Limit of what the guest may send, in bytes an interval; 0 for none.
    public var rateBytesPerInterval: UInt64 = 0
    /// That interval, in microseconds.
    public var rateIntervalMicroseconds: UInt32 = 0
    /// The backend's interface to the network, for routed cards.
    public var gatewayDevice: String?
    /// COLO: interface to the other host.
    public var coloftForwarddev: String?
    /// COLO: `colo_sock_mirror_id`.
    public var coloSockMirrorID: String?
    /// COLO: `colo_sock_mirror_ip`.
    public var coloSockMirrorIP: String?
    /// COLO: `colo_sock_mirror_port`.
    public var coloSockMirrorPort: String?
    /// COLO: `colo_sock_compare_pri_in_id`.
    public var coloSockComparePriInID: String?
    /// COLO: `colo_sock_compare_pri_in_ip`.
    public var coloSockComparePriInIP: String?
    /// COLO: `colo_sock_compare_pri_in_port`.
    public var coloSockComparePriInPort: String?
    /// COLO: `colo_sock_compare_sec_in_id`.
    public var coloSockCompareSecInID: String?
    /// COLO: `colo_sock_compare_sec_in_ip`.
    public var coloSockCompareSecInIP: String?
    /// COLO: `colo_sock_compare_sec_in_port`.
    public var coloSockCompareSecInPort: String?
    /// COLO: `colo_sock_compare_notify_id`.
    public var coloSockCompareNotifyID: String?
    /// COLO: `colo_sock_compare_notify_ip`.
    public var coloSockCompareNotifyIP: String?
    /// COLO: `colo_sock_compare_notify_port`.
    public var coloSockCompareNotifyPort: String?
    /// COLO: `colo_sock_redirector0_id`.
    public var coloSockRedirector0ID: String?
    /// COLO: `colo_sock_redirector0_ip`.
    public var coloSockRedirector0IP: String?
    /// COLO: `colo_sock_redirector0_port`.
    public var coloSockRedirector0Port: String?
    /// COLO: `colo_sock_redirector1_id`.
    public var coloSockRedirector1ID: String?
    /// COLO: `colo_sock_redirector1_ip`.
    public var coloSockRedirector1IP: String?
    /// COLO: `colo_sock_redirector1_port`.
    public var coloSockRedirector1Port: String?
    /// COLO: `colo_sock_redirector2_id`.
    public var coloSockRedirector2ID: String?
    /// COLO: `colo_sock_redirector2_ip`.
    public var coloSockRedirector2IP: String?
    /// COLO: `colo_sock_redirector2_port`.
    public var coloSockRedirector2Port: String?
    /// COLO: `colo_filter_mirror_queue`.
    public var coloFilterMirrorQueue: String?
    /// COLO: `colo_filter_mirror_outdev`.
    public var coloFilterMirrorOutdev: String?
    /// COLO: `colo_filter_redirector0_queue`.
    public var coloFilterRedirector0Queue: String?
    /// COLO: `colo_filter_redirector0_indev`.
    public var coloFilterRedirector0Indev: String?
    /// COLO: `colo_filter_redirector0_outdev`.
    public var coloFilterRedirector0Outdev: String?
    /// COLO: `colo_filter_redirector1_queue`.
    public var coloFilterRedirector1Queue: String?
    /// COLO: `colo_filter_redirector1_indev`.
    public var coloFilterRedirector1Indev: String?
    /// COLO: `colo_filter_redirector1_outdev`.
    public var coloFilterRedirector1Outdev: String?
    /// COLO: `colo_compare_pri_in`.
    public var coloComparePriIn: String?
    /// COLO: `colo_compare_sec_in`.
    public var coloCompareSecIn: String?
    /// COLO: `colo_compare_out`.
    public var coloCompareOut: String?
    /// COLO: `colo_compare_notify_dev`.
    public var coloCompareNotifyDev: String?
    /// COLO: `colo_sock_sec_redirector0_id`.
    public var coloSockSecRedirector0ID: String?
    /// COLO: `colo_sock_sec_redirector0_ip`.
    public var coloSockSecRedirector0IP: String?
    /// COLO: `colo_sock_sec_redirector0_port`.
    public var coloSockSecRedirector0Port: String?
    /// COLO: `colo_sock_sec_redirector1_id`.
    public var coloSockSecRedirector1ID: String?
    /// COLO: `colo_sock_sec_redirector1_ip`.
    public var coloSockSecRedirector1IP: String?
    /// COLO: `colo_sock_sec_redirector1_port`.
    public var coloSockSecRedirector1Port: String?
    /// COLO: `colo_filter_sec_redirector0_queue`.
    public var coloFilterSecRedirector0Queue: String?
    /// COLO: `colo_filter_sec_redirector0_indev`.
    public var coloFilterSecRedirector0Indev: String?
    /// COLO: `colo_filter_sec_redirector0_outdev`.
    public var coloFilterSecRedirector0Outdev: String?
    /// COLO: `colo_filter_sec_redirector1_queue`.
    public var coloFilterSecRedirector1Queue: String?
    /// COLO: `colo_filter_sec_redirector1_indev`.
    public var coloFilterSecRedirector1Indev: String?
    /// COLO: `colo_filter_sec_redirector1_outdev`.
    public var coloFilterSecRedirector1Outdev: String?
    /// COLO: `colo_filter_sec_rewriter0_queue`.
    public var coloFilterSecRewriter0Queue: String?
    /// COLO: address at which checkpoints are asked for.
    public var coloCheckpointHost: String?
    /// COLO: port at which checkpoints are asked for.
    public var coloCheckpointPort: String?
    /// The guest need not distrust the backend; nil is yes.
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
