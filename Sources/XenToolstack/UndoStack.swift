import Logging

/// The steps that take an unfinished operation back, run in reverse order when it fails.
///
/// Owned by one operation; every step that changed the host pushes its opposite before the next step starts.
public struct UndoStack: Sendable {
    private var steps: [(name: String, action: @Sendable () async throws -> Void)] = []

    public init() {}

    /// - Parameters:
    ///   - name: what the step takes back, for the log: "loop device /dev/loop3".
    ///   - action: must be safe to run when its subject is already gone.
    public mutating func push(_ name: String, _ action: @escaping @Sendable () async throws -> Void) {
        steps.append((name, action))
    }

    /// Forgets the steps: the operation succeeded.
    public mutating func commit() { steps.removeAll() }

    /// Runs every step, last first. A step that fails is logged and does not stop the others.
    /// Runs to its end also when the task is cancelled.
    public mutating func unwind(logger: Logger) async {
        let pending = steps
        steps.removeAll()
        await toTheEnd {
            for step in pending.reversed() {
                do {
                    try await step.action()
                } catch {
                    logger.error("cannot undo \(step.name): \(error)")
                }
            }
        }
    }
}
