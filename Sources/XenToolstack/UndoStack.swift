import XenStore

/// The steps that take an unfinished operation back, run in reverse order when it fails.
///
/// Owned by one operation; every step that changed the host pushes its opposite before the next step starts.
package struct UndoStack: Sendable {
    private var steps: [(name: String, action: @Sendable () async throws -> Void)] = []

    package init() {}

    /// - Parameters:
    ///   - name: what the step takes back, for the log: "loop device /dev/loop3".
    ///   - action: must be safe to run when its subject is already gone.
    package mutating func push(_ name: String, _ action: @escaping @Sendable () async throws -> Void) {
        steps.append((name, action))
    }

    /// Forgets the steps: the operation succeeded.
    package mutating func commit() { steps.removeAll() }

    /// Runs every step, last first. A step that fails is logged and does not stop the others. Waits for a xenstored
    /// that does not answer, which may be why this runs, and does a step again during which that happened.
    /// Runs to its end also when the task is cancelled.
    package mutating func unwind(_ toolstack: Toolstack) async {
        let pending = steps
        steps.removeAll()
        await toTheEnd {
            for step in pending.reversed() {
                await toolstack.againAfterLapse {
                    do {
                        try await step.action()
                    } catch {
                        toolstack.logger.error("cannot undo \(step.name): \(error)")
                    }
                }
            }
        }
    }
}

extension Toolstack {
    /// Does what takes something back or away and tells of failures itself: when xenstored answers, and once more when
    /// it failed to meanwhile and answers again.
    ///
    /// - Parameter body: can be done twice.
    func againAfterLapse(_ body: () async -> Void) async {
        await store.awaitRecovery(within: timeouts.storeRecovery)
        let lapses = store.lapses
        await body()
        guard store.lapses != lapses, await store.awaitRecovery(within: timeouts.storeRecovery) else { return }
        await body()
    }
}
