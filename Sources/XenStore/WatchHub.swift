import Synchronization

/// The watches of one connection, by their tokens.
final class WatchHub: Sendable {
    private struct State {
        var queues: [String: WatchQueue] = [:]
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    func makeQueue(for path: StorePath) -> WatchQueue {
        state.withLock { state in
            state.lastNumber += 1
            let queue = WatchQueue(path: path, token: "w\(state.lastNumber)")
            state.queues[queue.token] = queue
            return queue
        }
    }

    func remove(_ queue: WatchQueue) {
        state.withLock { _ = $0.queues.removeValue(forKey: queue.token) }
    }

    /// Events for tokens that are no longer there come from watches that were just removed.
    func deliver(_ path: StorePath, _ token: String) {
        state.withLock { $0.queues[token] }?.add(path)
    }

    /// Ends the watches of a connection that is no more; those that are set later are of the next.
    func end(_ error: StoreError) {
        let queues = state.withLock { state in
            defer { state.queues = [:] }
            return Array(state.queues.values)
        }
        for queue in queues { queue.finish(error) }
    }
}
