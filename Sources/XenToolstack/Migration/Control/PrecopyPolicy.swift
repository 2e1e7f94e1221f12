import Synchronization
import XenControl

/// How long memory is sent while the guest runs. The defaults are upstream's policy.
public struct PrecopyLimits: Sendable, Hashable {
    /// What to do with a guest that writes faster than its memory can be sent.
    public enum Busy: String, Sendable, Hashable, CaseIterable {
        /// Suspend it nevertheless, and send the rest.
        case stop
        /// Give up; it goes on where it is.
        case abort
        /// Give it less and less processor time, and go on.
        case throttle
    }

    /// Rounds of sending what was written since the last.
    public var iterations: UInt32 = 5
    /// The guest is suspended when fewer pages than this are left.
    public var remaining: UInt64 = 50
    /// The guest is suspended when the rest can be sent in this time; until then, when `iterations` are over or
    /// `timeout` is, it counts as busy.
    public var downtime: Duration?
    /// When this is over at the end of a round, the guest counts as busy.
    public var timeout: Duration?
    /// What becomes of a guest that writes faster than can be sent.
    public var busy = Busy.stop

    public init() {}
}

/// Decides after each round what follows.
public final class PrecopyPolicy: Sendable {
    private struct State {
        var start: ContinuousClock.Instant?
        var iterations: UInt32 = 0
        var refusal: String?
        var estimate: Duration?
        /// How often the guest was slowed down.
        var steps = 0
        /// Rounds that were added since.
        var extra: UInt32 = 0
    }

    /// A guest that is throttled gets so many rounds after each step.
    private static let roundsAfterStep: UInt32 = 2
    /// When the guest has so little processor time left, nothing more is tried.
    public static let throttleSteps = 9
    private static let pageSize: UInt64 = 4096

    private let limits: PrecopyLimits
    private let throttle: @Sendable (Int) -> Void
    private let state = Mutex(State())

    /// - Parameter throttle: gives the guest so many tenths less than all of its processor time.
    public init(_ limits: PrecopyLimits, throttle: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.limits = limits
        self.throttle = throttle
    }

    /// Rounds so far.
    public var iterations: UInt32 { state.withLock { $0.iterations } }
    /// Why it gave up; nil unless it did.
    public var refusal: String? { state.withLock { $0.refusal } }
    /// How long it would take now to send the rest, as the last round went.
    public var estimatedDowntime: Duration? { state.withLock { $0.estimate } }

    /// - Parameters:
    ///   - statistics: of the round that has ended.
    ///   - sent: bytes that have gone out.
    ///   - now: the time.
    public func decide(
        _ statistics: PrecopyStatistics, sent: UInt64, now: ContinuousClock.Instant = .now
    ) -> PrecopyDecision {
        var step: Int?
        let decision = state.withLock { state in
            let before = state.steps
            let decision = decide(statistics, sent, now, &state)
            if state.steps != before { step = state.steps }
            return decision
        }
        if let step { throttle(step) }
        return decision
    }

    private func decide(
        _ statistics: PrecopyStatistics, _ sent: UInt64, _ now: ContinuousClock.Instant, _ state: inout State
    ) -> PrecopyDecision {
        let start = state.start ?? now
        state.start = start
        state.iterations = statistics.iteration
        let elapsed = now - start
        if let dirty = statistics.dirtyCount, statistics.iteration > 0 {
            state.estimate = Self.estimate(dirty, sent, elapsed)
            if dirty < limits.remaining { return .stopAndCopy }
            if let limit = limits.downtime, let estimate = state.estimate, estimate <= limit { return .stopAndCopy }
        }
        // What is left is only known after it was counted; without a target that takes nothing but time.
        let isCounted = statistics.dirtyCount != nil || limits.downtime == nil && limits.busy == .stop
        guard isCounted else { return .continue }
        if statistics.iteration >= limits.iterations.addingReportingOverflow(state.extra).partialValue {
            return busy("\(statistics.iteration) rounds", &state)
        }
        if let limit = limits.timeout, elapsed >= limit { return busy("\(limit)", &state) }
        return .continue
    }

    private func busy(_ reached: String, _ state: inout State) -> PrecopyDecision {
        switch limits.busy {
        case .stop: return .stopAndCopy
        case .abort:
            let rest = state.estimate.map { ", and the rest would take \($0)" } ?? ""
            state.refusal = "the guest writes to its memory as fast as it can be sent: after \(reached)\(rest)"
            return .abort
        case .throttle:
            guard state.steps < Self.throttleSteps else { return .stopAndCopy }
            state.steps += 1
            state.extra += Self.roundsAfterStep
            return .continue
        }
    }

    private static func estimate(_ pages: UInt64, _ sent: UInt64, _ elapsed: Duration) -> Duration? {
        let (seconds, attoseconds) = elapsed.components
        let time = Double(seconds) + Double(attoseconds) * 1e-18
        guard sent > 0, time > 0 else { return nil }
        return .seconds(time * Double(pages) * Double(pageSize) / Double(sent))
    }
}
