import CXen
import CXenShim
import Glibc
import Synchronization
import XenTypes

/// One libxenstore handle: opened by its first request, closed with the last reference.
///
/// libxenstore waits for xenstored without a limit. The first request, which also opens the handle, therefore
/// runs on a thread of its own that is abandoned when the deadline passes; a xenstored that answered once is
/// trusted with the following requests. Requests are serialised here because libxenstore changes the handling
/// of SIGPIPE around each one, which two threads at once would leave in the wrong state.
final class StoreHandle: Sendable {
    /// A libxenstore handle that may change threads; the lock around it is `StoreHandle.state`.
    private struct Raw: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private enum State: Sendable {
        case unopened
        case open(Raw, WatchDispatcher?)
        case failed(StoreError)
    }

    /// What a request left: its value, or errno.
    enum Answer<Value: Sendable>: Sendable {
        case value(Value)
        case failure(Int32)
    }

    private let state = Mutex<State>(.unopened)
    private let deadline: Duration
    private let hub = WatchHub()
    let directories: DirectoryReader

    init(deadline: Duration) {
        self.deadline = deadline
        directories = DirectoryReader(deadline: deadline)
    }

    deinit {
        state.withLock { state in
            guard case .open(let raw, let dispatcher) = state else { return }
            dispatcher?.stop()
            xs_close(raw.pointer)
        }
    }

    /// Performs one request of libxenstore; `body` says what errno was when it fails.
    func request<Value: Sendable>(
        _ operation: StoreOperation, _ path: StorePath? = nil,
        _ body: @escaping @Sendable (OpaquePointer) -> Answer<Value>
    ) throws(StoreError) -> Value {
        if let path, let problem = path.problem {
            throw StoreError(operation, path, cause: .invalidPath(problem))
        }
        let answer = try state.withLock { state throws(StoreError) -> Answer<Value> in
            switch state {
            case .open(let raw, _):
                return body(raw.pointer)
            case .failed(let error):
                throw error
            case .unopened:
                let (newState, answer) = firstRequest(body)
                state = newState
                guard let answer else {
                    guard case .failed(let error) = newState else { return .failure(EIO) }
                    throw error
                }
                return answer
            }
        }
        switch answer {
        case .value(let value): return value
        case .failure(let code): throw StoreError(operation, path, errno: code)
        }
    }

    private func firstRequest<Value: Sendable>(
        _ body: @escaping @Sendable (OpaquePointer) -> Answer<Value>
    ) -> (State, Answer<Value>?) {
        let outcome = Deadline.run(within: deadline) { () -> (Raw?, Int32, Answer<Value>?) in
            guard let pointer = xs_open(0) else { return (nil, errno, nil) }
            return (Raw(pointer: pointer), 0, body(pointer))
        }
        switch outcome {
        case .finished((let raw?, _, let answer)):
            return (.open(raw, nil), answer)
        case .finished((nil, let code, _)):
            return (.failed(StoreError(.open, nil, errno: code)), nil)
        case .expired:
            return (.failed(StoreError(.open, code: ETIMEDOUT, cause: .notAnswering(after: deadline))), nil)
        case .noThread(let code):
            return (.failed(StoreError(.open, nil, errno: code)), nil)
        }
    }

    /// Registers a watch and, for the first one, starts the thread that reads events.
    func watch(_ path: StorePath) throws(StoreError) -> WatchQueue {
        let queue = hub.makeQueue(for: path)
        do {
            try request(.watch, path) { [token = queue.token] raw in
                answer(xs_watch(raw, path.description, token))
            }
            try startDispatcher(for: path)
        } catch {
            hub.remove(queue)
            throw error
        }
        return queue
    }

    /// Removes a watch; failing is no concern of the caller, for the events are dropped in any case.
    func unwatch(_ queue: WatchQueue) {
        hub.remove(queue)
        _ = try? request(.unwatch, queue.path) { [path = queue.path, token = queue.token] raw in
            answer(xs_unwatch(raw, path.description, token))
        }
    }

    private func startDispatcher(for path: StorePath) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            guard case .open(let raw, nil) = state else { return }
            switch WatchDispatcher.start(raw.pointer, hub) {
            case .success(let dispatcher): state = .open(raw, dispatcher)
            case .failure(let error): throw StoreError(.watch, path, errno: error.code)
            }
        }
    }
}

/// The answer of a libxenstore call that returns false and sets errno when it fails.
func answer(_ succeeded: Bool) -> StoreHandle.Answer<Void> {
    succeeded ? .value(()) : .failure(errno)
}

/// Runs a blocking call on a thread of its own and waits for it no longer than a deadline.
enum Deadline {
    enum Outcome<Value> {
        case finished(Value)
        case expired
        /// The thread could not be created; the number is errno.
        case noThread(Int32)
    }

    /// Shared by the caller and the thread; the one that comes last frees it.
    private final class Call<Value>: @unchecked Sendable {
        let body: @Sendable () -> Value
        let done: UnsafeMutablePointer<sem_t>
        // Written by the thread before it posts `done`, read by the caller after waiting for it.
        var value: Value?

        init(_ body: @escaping @Sendable () -> Value) {
            self.body = body
            done = .allocate(capacity: 1)
            sem_init(done, 0, 0)
        }

        deinit {
            sem_destroy(done)
            done.deallocate()
        }

        func run() {
            value = body()
            sem_post(done)
        }
    }

    static func run<Value>(within limit: Duration, _ body: @escaping @Sendable () -> Value) -> Outcome<Value> {
        let call = Call(body)
        switch Thread.start(stackSize: 256 << 10, { call.run() }) {
        case .failure(let error): return .noThread(error.code)
        case .success(let thread): pthread_detach(thread)
        }
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let (seconds, attoseconds) = limit.components
        end.tv_sec += Int(clamping: seconds)
        end.tv_nsec += Int(attoseconds / 1_000_000_000)
        if end.tv_nsec >= 1_000_000_000 {
            end.tv_sec += 1
            end.tv_nsec -= 1_000_000_000
        }
        while cxs_sem_wait_until(call.done, &end) != 0 {
            guard errno == EINTR else { return .expired }
        }
        guard let value = call.value else { return .expired }
        return .finished(value)
    }
}

/// A POSIX thread that takes no signals.
enum Thread {
    struct Failure: Error { let code: Int32 }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(
        stackSize: Int, _ body: @escaping @Sendable () -> Void
    ) -> Result<pthread_t, Failure> {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        var all = sigset_t()
        var old = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &old)
        defer { pthread_sigmask(SIG_SETMASK, &old, nil) }
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            return .failure(Failure(code: code))
        }
        return .success(thread)
    }
}
