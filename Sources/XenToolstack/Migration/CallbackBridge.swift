import Dispatch
import Events
import Synchronization

/// Lets C code on a thread of its own call asynchronous code, until the operation that both belong to is cancelled.
final class CallbackBridge: Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
        var failure: ToolstackError?
    }

    private final class Outcome: Sendable {
        let isSuccess = Mutex(false)
    }

    private let state = Mutex(State())

    /// The first error of what was called.
    var failure: ToolstackError? { state.withLock { $0.failure } }

    /// Runs `body` to its end while this thread, which must not be one that runs Swift's tasks, waits.
    ///
    /// - Returns: whether it succeeded. Once cancelled nothing does.
    func call(_ body: @escaping @Sendable () async throws(ToolstackError) -> Void) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        let isStarted = state.withLock { state in
            guard !state.isCancelled else { return false }
            state.task = Task.detached(executorPreference: EventLoop.shared.preference) {
                do throws(ToolstackError) {
                    try await body()
                    outcome.isSuccess.withLock { $0 = true }
                } catch {
                    self.state.withLock { $0.failure = $0.failure ?? error }
                }
                done.signal()
            }
            return true
        }
        guard isStarted else { return false }
        done.wait()
        state.withLock { $0.task = nil }
        return outcome.isSuccess.withLock { $0 }
    }

    /// Runs `body`, which may block, on this thread.
    ///
    /// - Returns: whether it succeeded.
    func perform(_ body: () throws(ToolstackError) -> Void) -> Bool {
        do throws(ToolstackError) {
            try body()
            return true
        } catch {
            state.withLock { $0.failure = $0.failure ?? error }
            return false
        }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
