import XenTypes

/// The hypervisor's schedulers (`libxl_scheduler`); the numbers are those of `XEN_SCHEDULER_*` in `xen/domctl.h`.
public enum Scheduler: Int32, DefaultedEnumeration {
    /// None that is known.
    case unknown = 0
    /// Earliest deadline first, which Xen has not had since 4.6.
    case sedf = 4
    /// Shares by weight and cap, of old.
    case credit = 5
    /// Shares by weight and cap: the usual one.
    case credit2 = 6
    /// Fixed turns, for avionics.
    case arinc653 = 7
    /// A budget in each period, for real time.
    case rtds = 8
    /// A processor for each virtual CPU.
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
    /// Whose parameters they are; ``Scheduler/unknown`` for those of the scheduler that the domain's pool has.
    public var sched: Scheduler = .unknown
    /// Share of processor time, 1 to 65535 (credit, credit2).
    public var weight: Int32?
    /// Most processor time, in percent of one CPU; 0 is no limit (credit, credit2).
    public var cap: Int32?
    /// Length of a period, in microseconds (rtds).
    public var period: Int32?
    /// Processor time in each period, in microseconds (rtds).
    public var budget: Int32?
    /// Whether time beyond the budget is used if there is any: 0 or 1 (rtds).
    public var extratime: Int32?
    /// Time in each period, in nanoseconds (sedf).
    public var slice: Int32?
    /// Scaled period, in nanoseconds (sedf).
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
    /// Memory of the node, in KiB.
    public var memKB: UInt64?
    /// Its distances to all nodes of the guest, 10 for its own.
    public var distances: [UInt32] = []
    /// The machine's node that its memory comes from.
    public var physicalNode: UInt32 = 0
    /// Its virtual CPUs.
    public var vcpus: Bitmap = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case memKB = "memkb"
        case distances
        case physicalNode = "pnode"
        case vcpus
    }
}
