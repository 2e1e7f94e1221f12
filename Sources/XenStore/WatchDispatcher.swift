import CXen
import Glibc
import Synchronization

/// The watches of one connection, by their tokens.
final class WatchHub: Sendable {
    private struct State {
        var queues: [String: WatchQueue] = [:]
        var lastNumber: UInt64 = 0
        var end: StoreError?
    }

    private let state = Mutex(State())

    func makeQueue(for path: StorePath) -> WatchQueue {
        let (queue, end) = state.withLock { state in
            state.lastNumber += 1
            let queue = WatchQueue(path: path, token: "w\(state.lastNumber)")
            state.queues[queue.token] = queue
            return (queue, state.end)
        }
        if let end { queue.finish(end) }
        return queue
    }

    func remove(_ queue: WatchQueue) {
        state.withLock { _ = $0.queues.removeValue(forKey: queue.token) }
    }

    /// Events for tokens that are no longer there come from watches that were just removed.
    func deliver(_ path: StorePath, _ token: String) {
        state.withLock { $0.queues[token] }?.add(path)
    }

    func end(_ error: StoreError) {
        let queues = state.withLock { state in
            state.end = error
            return Array(state.queues.values)
        }
        for queue in queues { queue.finish(error) }
    }
}

/// The thread that reads a connection's events from libxenstore.
struct WatchDispatcher: Sendable {
    /// The thread ends when an event with this token arrives; setting a watch makes one arrive.
    private static let stopToken = "stop"

    private struct Raw: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private let raw: Raw
    private let thread: pthread_t

    static func start(_ pointer: OpaquePointer, _ hub: WatchHub) -> Result<WatchDispatcher, Thread.Failure> {
        let raw = Raw(pointer: pointer)
        return Thread.start(stackSize: 256 << 10) { run(raw.pointer, hub) }
            .map { WatchDispatcher(raw: raw, thread: $0) }
    }

    /// Ends the thread and waits for it. A connection that xenstored has closed has ended it already.
    func stop() {
        _ = xs_watch(raw.pointer, StorePath.releaseDomain.description, Self.stopToken)
        pthread_join(thread, nil)
    }

    private static func run(_ raw: OpaquePointer, _ hub: WatchHub) {
        while true {
            var count: UInt32 = 0
            guard let event = xs_read_watch(raw, &count) else {
                if errno == EINTR { continue }
                hub.end(StoreError(.watch, code: ECONNRESET, cause: .connectionLost))
                return
            }
            defer { free(event) }
            guard count > UInt32(XS_WATCH_TOKEN.rawValue), let path = event[Int(XS_WATCH_PATH.rawValue)],
                let token = event[Int(XS_WATCH_TOKEN.rawValue)]
            else { continue }
            let name = String(cString: token)
            if name == stopToken { return }
            hub.deliver(StorePath(String(cString: path)), name)
        }
    }
}
