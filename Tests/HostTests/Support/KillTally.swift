import Foundation
import Synchronization

/// What the matrix remembers while it runs.
final class KillTally: Sendable {
    static let shared = KillTally()

    private let traces = Mutex<[String: Task<KillTrace, any Error>]>([:])
    private let outcomes = Mutex<[String: [KillScenario.Outcome: Int]]>([:])

    /// What an operation calls the kernel for, recorded by the first who asks.
    func trace(
        of operation: KillOperation, record: @escaping @Sendable () async throws -> KillTrace
    ) async throws -> KillTrace {
        let task = traces.withLock { traces in
            if let task = traces[operation.rawValue] { return task }
            let task = Task { try await record() }
            traces[operation.rawValue] = task
            return task
        }
        return try await task.value
    }

    /// Counts an outcome, and says all that have been counted of the operation.
    func count(_ outcome: KillScenario.Outcome, of operation: KillOperation, _ index: Int, at moment: KillMoment?) {
        let row = outcomes.withLock { outcomes in
            outcomes[operation.rawValue, default: [:]][outcome, default: 0] += 1
            return outcomes[operation.rawValue] ?? [:]
        }
        let sums = KillScenario.Outcome.allCases.map { "\(row[$0] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
        print("Killed \(operation) \(index), \(moment.map { "\($0)" } ?? "not yet"): \(outcome.rawValue) [\(sums)]")
    }
}
