import Dispatch
import Events
import Synchronization

/// Runs tasks on a thread of its own, so that operations that block keep none of Swift's few from other tests.
final class ThreadExecutor: TaskExecutor {
    private final class Queue: Sendable {
        private struct State {
            var jobs: [UnownedJob] = []
            var isEnded = false
        }

        private let state = Mutex(State())
        private let filled = DispatchSemaphore(value: 0)

        func add(_ job: UnownedJob) {
            state.withLock { $0.jobs.append(job) }
            filled.signal()
        }

        func end() {
            state.withLock { $0.isEnded = true }
            filled.signal()
        }

        /// - Returns: nil at the end.
        func next() -> UnownedJob? {
            while true {
                filled.wait()
                let (job, isEnded) = state.withLock { state in
                    (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isEnded)
                }
                if job != nil || isEnded { return job }
            }
        }
    }

    private let queue = Queue()

    init() {
        _ = startThread { [queue, executor = Unmanaged.passUnretained(self)] in
            while let job = queue.next() {
                // Whoever waits for the job keeps the executor.
                job.runSynchronously(on: executor.takeUnretainedValue().asUnownedTaskExecutor())
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }

    /// Ends the thread once nothing is left to do.
    func end() { queue.end() }
}
