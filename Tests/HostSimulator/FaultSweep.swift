import Glibc
import XenToolstack

/// An operation that is performed again and again, each time with another of its requests to the host going wrong.
public struct FaultSweep: Sendable {
    /// A host, ready for the operation.
    public struct Scene: Sendable {
        /// Where requests go wrong.
        public var host: SimulatedHost
        public var operation: @Sendable () async throws -> Void
        /// What is wrong once the operation has ended.
        public var complaints: @Sendable (_ hasFailed: Bool) async -> [String]
        /// After what ends, if nothing is wrong, the operation can be performed once more.
        public var isLasting = (afterSuccess: false, afterFailure: true)

        public init(
            _ host: SimulatedHost, operation: @escaping @Sendable () async throws -> Void,
            complaints: @escaping @Sendable (_ hasFailed: Bool) async -> [String]
        ) {
            self.host = host
            self.operation = operation
            self.complaints = complaints
        }

        /// - Parameters:
        ///   - clean: what the host must be like in the end.
        ///   - afterSuccess: brings the host there after the operation has succeeded.
        ///   - afterFailure: the same after it has failed; nil for what takes itself back.
        public init(
            _ host: SimulatedHost, clean: HostSnapshot? = nil, operation: @escaping @Sendable () async throws -> Void,
            afterSuccess: @escaping @Sendable () async throws -> Void,
            afterFailure: (@Sendable () async throws -> Void)? = nil
        ) {
            let returns = clean == nil
            let clean = clean ?? host.snapshot
            self.init(host, operation: operation) { hasFailed in
                var complaints: [String] = []
                do { try await hasFailed ? afterFailure?() : afterSuccess() } catch {
                    complaints.append("cannot be cleaned up: \(error)")
                }
                complaints += host.snapshot.changes(since: clean)
                return complaints.isEmpty ? [] : complaints + host.log.lines.filter { !$0.hasPrefix("debug") }
            }
            isLasting = (returns, afterFailure == nil)
        }
    }

    /// Points at which the operation is known to leave something behind.
    public struct Known: Sendable {
        public var effect: Faults.Effect?
        public var kind: Faults.Kind
        /// How the point's name begins, or nil for all of the kind.
        public var prefix: String?
        /// The finding that says why.
        public var finding: String

        public init(_ kind: Faults.Kind, _ prefix: String? = nil, effect: Faults.Effect? = nil, _ finding: String) {
            self.effect = effect
            self.kind = kind
            self.prefix = prefix
            self.finding = finding
        }

        func covers(_ point: Faults.Point, _ effect: Faults.Effect) -> Bool {
            point.kind == kind && (self.effect ?? effect) == effect && point.name.hasPrefix(prefix ?? "")
        }
    }

    /// Whether every request goes wrong in every way (`SWIFT_XL_ALL_FAULTS` is set), and not a choice of those to the
    /// store, which are by far the most.
    static let isThorough = getenv("SWIFT_XL_ALL_FAULTS") != nil
    /// About how many requests to the store are chosen.
    private static let chosen = 40

    /// What goes wrong at a point: a full store, one that others write to at the same time or that is gone, a
    /// hypervisor without memory, a host without room for processes, a full disk, and a user who has enough of it.
    ///
    /// - Parameters:
    ///   - index: of the point among those of its kind.
    ///   - count: how many of its kind there are.
    static func effects(at point: Faults.Point, _ index: Int, of count: Int) -> [Faults.Effect] {
        switch point.kind {
        case .hypercall: return [.fail(ENOMEM), .cancel]
        case .process: return [.fail(EAGAIN), .cancel]
        case .file: return [.fail(ENOSPC), .cancel]
        case .store: break
        }
        let isCommit = point.name.hasPrefix("TRANSACTION_END")
        let all: [Faults.Effect] = (isCommit ? [.fail(EAGAIN)] : []) + [.fail(ENOSPC), .cancel, .disconnect]
        if isThorough || isCommit { return all }
        let step = max(1, count / chosen)
        guard index % step == 0 else { return [] }
        switch index / step % 4 {
        case 1: return [.fail(ENOSPC), .cancel]
        case 3: return [.fail(ENOSPC), .disconnect]
        default: return [.fail(ENOSPC)]
        }
    }

    let name: String
    let known: [Known]
    let prepare: @Sendable () async throws -> Scene

    public init(_ name: String, known: [Known] = [], prepare: @escaping @Sendable () async throws -> Scene) {
        self.name = name
        self.known = known
        self.prepare = prepare
    }

    /// What a sweep has found out.
    public struct Report: Sendable {
        /// How many requests of each kind the operation makes when nothing goes wrong.
        public var points: [Faults.Kind: Int] = [:]
        /// What was not as it should be, with the point after which it was so; empty when all is well.
        public var complaints: [String] = []
    }

    public func run() async throws -> Report {
        let executor = ThreadExecutor()
        defer { executor.end() }
        return try await Task(executorPreference: executor) { try await run(on: executor) }.value
    }

    private func run(on executor: ThreadExecutor) async throws -> Report {
        let first = try await prepare()
        first.host.faults.start()
        try await first.operation()
        first.host.faults.stop()
        let points = first.host.faults.points
        var report = Report()
        report.complaints = await first.complaints(false)
        var expected = Set(known.indices)
        let counts = points.reduce(into: [Faults.Kind: Int]()) { $0[$1.kind, default: 0] += 1 }
        var scene: Scene?
        for point in points {
            let index = report.points[point.kind, default: 0]
            report.points[point.kind] = index + 1
            for effect in Self.effects(at: point, index, of: counts[point.kind, default: 0]) {
                let used: Scene
                if let scene { used = scene } else { used = try await prepare() }
                let start = ContinuousClock.now
                let attempt = await attempt((point.kind, index, effect), used, executor)
                let time = ContinuousClock.now - start
                if time > .seconds(1) { print("\(name): \(time) after \(attempt.hit?.description ?? "-"), \(effect)") }
                scene = attempt.isAsBefore && effect != .disconnect && used.host.hypervisor.hasRoom ? used : nil
                guard let hit = attempt.hit, !attempt.complaints.isEmpty else { continue }
                let cover = known.firstIndex { $0.covers(hit, effect) }
                if let cover {
                    expected.remove(cover)
                } else {
                    report.complaints.append(
                        "\(hit), \(effect):\n    " + attempt.complaints.prefix(5).joined(separator: "\n    "))
                }
            }
        }
        report.complaints += expected.map { "nothing is left any more for \(known[$0])" }
        print("\(name): \(report.points.map { "\($0.value) \($0.key.rawValue)" }.sorted().joined(separator: ", "))")
        return report
    }

    /// What one fault led to.
    private struct Attempt {
        /// Where it struck; nil when the operation, parts of which have no fixed order, did without that request.
        var hit: Faults.Point?
        var complaints: [String]
        /// Whether the operation can be performed again.
        var isAsBefore: Bool
    }

    private func attempt(
        _ fault: (kind: Faults.Kind, index: Int, effect: Faults.Effect), _ scene: Scene, _ executor: ThreadExecutor
    ) async -> Attempt {
        let faults = scene.host.faults
        scene.host.log.clear()
        faults.start(fault)
        let task = Task(executorPreference: executor) { try await scene.operation() }
        faults.onCancel { task.cancel() }
        let outcome = await task.result
        faults.stop()
        switch outcome {
        case .success:
            let found = await scene.complaints(false)
            return Attempt(
                hit: faults.hit, complaints: found, isAsBefore: found.isEmpty && scene.isLasting.afterSuccess)
        case .failure(let error):
            let found = await scene.complaints(true)
            return Attempt(
                hit: faults.hit, complaints: found.isEmpty ? [] : ["it failed: \(error)"] + found,
                isAsBefore: found.isEmpty && scene.isLasting.afterFailure)
        }
    }
}
