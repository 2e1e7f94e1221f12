import CXen
import CXenShim
import Glibc
import XenTypes

/// How far the rounds of a live save have come (`struct precopy_stats` in `xenguest.h`).
public struct PrecopyStatistics: Hashable, Sendable {
    /// Rounds that are complete: 0 before the first.
    public var iteration: UInt32
    /// Pages sent so far.
    public var totalWritten: UInt64
    /// Pages that were written to since they were sent; nil right after a round, before they are counted.
    public var dirtyCount: UInt64?

    public init(iteration: UInt32, totalWritten: UInt64, dirtyCount: UInt64?) {
        self.iteration = iteration
        self.totalWritten = totalWritten
        self.dirtyCount = dirtyCount
    }
}

/// What is to follow a round of a live save (`XGS_POLICY_*`).
public enum PrecopyDecision: Sendable {
    /// Give up.
    case abort
    /// Send another round.
    case `continue`
    /// Suspend the guest and send what is left.
    case stopAndCopy
}

/// What libxenguest asks its caller to do while it saves a domain; called on the thread of `saveDomain`.
public struct SaveCallbacks: Sendable {
    /// Suspends the guest and its device model.
    ///
    /// Returns false to give up.
    public var suspend: @Sendable () -> Bool = { false }
    /// Asked before and after each round of a live save; nil for libxenguest's own policy: 5 rounds, or 50 pages left.
    public var decide: (@Sendable (PrecopyStatistics) -> PrecopyDecision)?
    /// Turns the logging of the device model's writes on or off; HVM only. Returns false to give up.
    public var switchLogDirty: @Sendable (Bool) -> Bool = { _ in true }
    /// Lets the guest go on while a checkpoint is flushed. Returns false to give up.
    public var resumeAfterCheckpoint: (@Sendable () -> Bool)?
    /// Completes a checkpoint and waits for the time of the next. Returns false to end.
    public var completeCheckpoint: (@Sendable () -> Bool)?

    public init() {}
}

/// How a domain is saved.
public struct SaveMode: Hashable, Sendable {
    /// Send memory while the guest runs.
    public var isLive = false
    /// Send all memory again at the end so that the receiver can compare.
    public var verifies = false
    /// Go on with checkpoints after the first copy (Remus).
    public var isCheckpointed = false

    public init() {}
}

private final class SaveContext {
    let callbacks: SaveCallbacks
    init(_ callbacks: SaveCallbacks) { self.callbacks = callbacks }

    static func callbacks(_ data: UnsafeMutableRawPointer?) -> SaveCallbacks? {
        data.map { Unmanaged<SaveContext>.fromOpaque($0).takeUnretainedValue().callbacks }
    }
}

extension Hypervisor {
    /// Writes a domain's memory and processors' state to a descriptor as libxc's stream, and leaves the domain
    /// suspended.
    ///
    /// Blocks its thread until all is written; a handle saves one domain at a time. To end it before, make the
    /// descriptor's writes fail, or return false from a callback.
    package func saveDomain(
        _ domain: DomainID, to descriptor: Int32, mode: SaveMode, callbacks: SaveCallbacks
    ) throws(HypervisorError) {
        let context = SaveContext(callbacks)
        var table = save_callbacks()
        table.data = Unmanaged.passUnretained(context).toOpaque()
        table.suspend = { SaveContext.callbacks($0)?.suspend() == true ? 1 : 0 }
        table.switch_qemu_logdirty = { _, enable, data in
            SaveContext.callbacks(data)?.switchLogDirty(enable != 0) == true ? 0 : -1
        }
        if callbacks.decide != nil {
            table.precopy_policy = { statistics, data in
                let decision = SaveContext.callbacks(data)?.decide?(PrecopyStatistics(statistics)) ?? .abort
                return decision.raw
            }
        }
        table.postcopy = { SaveContext.callbacks($0)?.resumeAfterCheckpoint?() == true ? 1 : 0 }
        table.checkpoint = { SaveContext.callbacks($0)?.completeCheckpoint?() == true ? 1 : 0 }
        var flags: UInt32 = mode.isLive ? UInt32(XCFLAGS_LIVE) : 0
        if mode.verifies { flags |= UInt32(XCFLAGS_DEBUG) }
        let type = mode.isCheckpointed ? XC_STREAM_REMUS : XC_STREAM_PLAIN
        try withExtendedLifetime(context) { () throws(HypervisorError) in
            _ = try call("save", domain) { xc_domain_save($0, descriptor, domain.rawValue, flags, &table, type, -1) }
        }
    }

    /// Whether a domain has virtual NUMA nodes, which streams do not preserve.
    package func hasVirtualNUMA(_ domain: DomainID) throws(HypervisorError) -> Bool {
        let raw = try raw()
        var (nodes, ranges, vcpus): (UInt32, UInt32, UInt32) = (0, 0, 0)
        return xc_domain_getvnuma(raw, domain.rawValue, &nodes, &ranges, &vcpus, nil, nil, nil) != -1
            || errno != EOPNOTSUPP
    }

    /// Has the hypervisor signal the domain's event channel `port` when the domain suspends.
    package func subscribeForSuspend(of domain: DomainID, port: UInt32) throws(HypervisorError) {
        try call("be told of the suspension of", domain) { xc_domain_subscribe_for_suspend($0, domain.rawValue, port) }
    }
}

extension PrecopyStatistics {
    fileprivate init(_ raw: precopy_stats) {
        self.init(
            iteration: raw.iteration, totalWritten: UInt64(raw.total_written),
            dirtyCount: raw.dirty_count < 0 ? nil : UInt64(raw.dirty_count))
    }
}

extension PrecopyDecision {
    fileprivate var raw: Int32 {
        switch self {
        case .abort: XGS_POLICY_ABORT
        case .continue: XGS_POLICY_CONTINUE_PRECOPY
        case .stopAndCopy: XGS_POLICY_STOP_AND_COPY
        }
    }
}
