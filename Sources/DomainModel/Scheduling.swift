import XenTypes

/// The hypervisor's schedulers (`libxl_scheduler`); the numbers are those of `XEN_SCHEDULER_*` in `xen/domctl.h`.
public enum Scheduler: Int32, DefaultedEnumeration {
    case unknown = 0
    case sedf = 4
    case credit = 5
    case credit2 = 6
    case arinc653 = 7
    case rtds = 8
    case null = 9

    public static let names: KeyValuePairs<Scheduler, String> = [
        .unknown: "unknown", .sedf: "sedf", .credit: "credit", .credit2: "credit2", .arinc653: "arinc653",
        .rtds: "rtds", .null: "null",
    ]
    public static let defaultValue = Scheduler.unknown
}

/// A domain's share of processor time (`libxl_domain_sched_params`); nil for the scheduler's own default. Weight and
/// cap (percent of one CPU, 0 for none) are for credit schedulers, the others for the real-time ones, in microseconds.
public struct SchedulerParameters: LibxlStructure {
    public var sched: Scheduler = .unknown
    public var weight: Int32?
    public var cap: Int32?
    public var period: Int32?
    public var budget: Int32?
    public var extratime: Int32?
    public var slice: Int32?
    public var latency: Int32?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case sched
        case weight
        case cap
        case period
        case budget
        case extratime
        case slice
        case latency
    }
}

/// A NUMA node as the guest sees it (`libxl_vnode_info`): its distances to all nodes, itself included.
public struct VirtualNode: LibxlStructure {
    public var memKB: UInt64?
    public var distances: [UInt32] = []
    public var physicalNode: UInt32 = 0
    public var vcpus: Bitmap = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case memKB = "memkb"
        case distances
        case physicalNode = "pnode"
        case vcpus
    }
}
