import CXenShim
import Glibc
import Synchronization

/// Waits for descriptors and times with `poll`, and runs tasks in between: all on one thread.
///
/// A command calls `run` on its first thread, which then does everything; Swift's own pool would start threads for
/// the first task already, and Dispatch more for the first wait. In a program that does not call `run`, tasks stay
/// where they are, and the first wait starts a thread that does nothing but wait; `run` must come before that.
public final class EventLoop: TaskExecutor {
    /// The process's only loop.
    public static let shared = EventLoop()

    private struct Wait: Sendable {
        let id: UInt64
        /// -1 for one that only the time ends.
        let descriptor: CInt
        let end: ContinuousClock.Instant?
        let action: Action
    }

    private enum Action: Sendable {
        case resume(CheckedContinuation<Void, Never>)
        /// Stays until it is ended.
        case call(@Sendable () -> Void)

        var isLasting: Bool { if case .call = self { true } else { false } }

        func perform() {
            switch self {
            case .resume(let continuation): continuation.resume()
            case .call(let body): body()
            }
        }
    }

    private enum Driver: Sendable {
        case none
        /// The thread that called `run`, which runs tasks, too.
        case caller
        /// A thread for waits alone.
        case thread
    }

    private struct State: Sendable {
        var driver = Driver.none
        var jobs: [UnownedJob] = []
        var waits: [Wait] = []
        var lastID: UInt64 = 0
        /// An eventfd, made for the first `poll`.
        var wake: CInt = -1
        var isPolling = false
        var quiet: (time: Duration, body: @Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init() {}

    /// Where tasks that are nobody's children belong: here while `run` is under way, or else (nil) Swift's pool.
    public var preference: (any TaskExecutor)? {
        state.withLock { $0.driver == .caller } ? self : nil
    }

    /// Runs a task, and the tasks that it starts as children, on the calling thread until it returns.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let outcome = Outcome<Value>()
        state.withLock { $0.driver = .caller }
        Task(executorPreference: self) {
            let value = await body()
            outcome.value.withLock { $0 = value }
        }
        while true {
            runJobs(until: .now + Self.turn)
            if let value = outcome.value.withLock({ $0 }) { return value }
            poll()
        }
    }

    /// For how long jobs may follow each other before times, signals and descriptors are looked at: a task that always
    /// has work must not keep its own deadline from coming.
    private static let turn = Duration.milliseconds(2)

    private func runJobs(until end: ContinuousClock.Instant) {
        // All that are ready together, so that each task gets its turn, and the clock is read once.
        while case let jobs = takeJobs(), !jobs.isEmpty {
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if ContinuousClock.now >= end { return }
        }
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }

    /// Has the loop run a job: Swift calls it for tasks that prefer this executor.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        change { $0.jobs.append(job) }
    }

    private func takeJobs() -> [UnownedJob] {
        state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
    }

    /// Suspends until the descriptor can be read, the time has come, or the task is cancelled.
    ///
    /// - Parameter descriptor: -1 to wait for the time alone. It must stay open until this returns.
    func wait(_ descriptor: CInt, until end: ContinuousClock.Instant? = nil) async {
        let id = makeID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                add(Wait(id: id, descriptor: descriptor, end: end, action: .resume(continuation)))
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// Calls `body` on the loop's thread whenever the descriptor can be read. It must not block.
    public func observe(_ descriptor: CInt, _ body: @escaping @Sendable () -> Void) -> Observation {
        let id = makeID()
        add(Wait(id: id, descriptor: descriptor, end: nil, action: .call(body)))
        return Observation(id: id)
    }

    /// A descriptor that is being looked at.
    public struct Observation: Sendable {
        fileprivate let id: UInt64

        /// Stops the calls; one that is under way goes on.
        public func end() { EventLoop.shared.remove(id) }
    }

    /// Calls `body` whenever nothing has happened for a while after something did.
    public func whenQuiet(for time: Duration, _ body: @escaping @Sendable () -> Void) {
        change { $0.quiet = (time, body) }
    }

    private func makeID() -> UInt64 {
        state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
    }

    private func add(_ wait: Wait) {
        var isCancelled = false
        var needsThread = false
        change { state in
            // Looked at under the lock: who is cancelled later finds the wait.
            isCancelled = Task.isCancelled && !wait.action.isLasting
            if isCancelled { return }
            state.waits.append(wait)
            needsThread = state.driver == .none
            if needsThread { state.driver = .thread }
        }
        if isCancelled { wait.action.perform() }
        guard needsThread, !startThread({ self.pollForEver() }) else { return }
        // No thread to be had: who waits must look for himself.
        state.withLock { $0.driver = .none }
        if !wait.action.isLasting { cancel(wait.id) }
    }

    private func cancel(_ id: UInt64) { remove(id)?.action.perform() }

    @discardableResult
    private func remove(_ id: UInt64) -> Wait? {
        var found: Wait?
        change { state in
            guard let index = state.waits.firstIndex(where: { $0.id == id }) else { return }
            found = state.waits.remove(at: index)
        }
        return found
    }

    private func pollForEver() {
        // Signals are for the program's own threads.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        while true { poll() }
    }

    /// Changes what the driver looks at, and makes it look again.
    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            guard state.isPolling else { return }
            state.isPolling = false
            cxs_eventfd_write(state.wake)
        }
    }

    /// Waits for the next thing to happen, and resumes those who wait for it. With jobs at hand, it only looks.
    private func poll() {
        let (waits, wake, hasJobs): ([Wait], CInt, Bool) = state.withLock { state in
            if state.wake < 0 { state.wake = cxs_eventfd() }
            state.isPolling = state.jobs.isEmpty
            return (state.waits, state.wake, !state.jobs.isEmpty)
        }
        if hasJobs, waits.isEmpty { return }
        guard wake >= 0 else { return }
        var descriptors = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        // Poll ignores negative numbers.
        descriptors += waits.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        if hasJobs {
            Glibc.poll(&descriptors, nfds_t(descriptors.count), 0)
        } else {
            rest(&descriptors, until: waits.compactMap(\.end).min())
        }
        if descriptors[0].revents != 0 { cxs_eventfd_read(wake) }
        let now = ContinuousClock.now
        let ready = Set(
            zip(waits, descriptors.dropFirst()).filter { $1.revents != 0 || $0.end.map { $0 <= now } ?? false }
                .map(\.0.id))
        let ended: [Wait] = state.withLock { state in
            state.isPolling = false
            guard !ready.isEmpty else { return [] }
            defer { state.waits.removeAll { ready.contains($0.id) && !$0.action.isLasting } }
            return state.waits.filter { ready.contains($0.id) }
        }
        for wait in ended { wait.action.perform() }
    }

    private func rest(_ descriptors: inout [pollfd], until end: ContinuousClock.Instant?) {
        let count = nfds_t(descriptors.count)
        if let quiet = state.withLock(\.quiet) {
            let limit = ContinuousClock.now + quiet.time
            if end.map({ limit < $0 }) ?? true {
                guard Glibc.poll(&descriptors, count, Self.milliseconds(until: limit)) == 0 else { return }
                quiet.body()
            }
        }
        Glibc.poll(&descriptors, count, Self.milliseconds(until: end))
    }

    /// The last argument of `poll`: rounded up, -1 for no limit.
    private static func milliseconds(until end: ContinuousClock.Instant?) -> CInt {
        guard let end else { return -1 }
        let (seconds, attoseconds) = (end - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 86_400 else { return 86_400_000 }
        return CInt(clamping: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

/// Runs `body` to its end also when the task is cancelled.
public func toTheEnd<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () async throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await Task.detached(executorPreference: EventLoop.shared.preference) {
        do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
    }.value
    return try result.get()
}
