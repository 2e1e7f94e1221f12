import Glibc
import Synchronization

/// Something may have changed at or below a watched path.
package struct StoreEvent: Hashable, Sendable {
    /// The node that changed; the watched path itself when the watch was just set, or when so many nodes changed
    /// that they are not told one by one.
    package var path: StorePath

    package init(path: StorePath) { self.path = path }
}

/// The changes at and below a path, as an asynchronous sequence.
///
/// The first event comes at once, when the watch is set. Changes of one node that were not yet taken are one
/// event, and after 1024 different ones only "something below the watched path" is kept, so that a guest that
/// writes faster than it is followed cannot fill this process's memory. The sequence ends when the task is
/// cancelled or after `cancel()`, and throws when xenstored closes the connection. One task iterates at a time.
package final class StoreWatch: AsyncSequence, Sendable {
    package typealias Element = StoreEvent
    package typealias Failure = StoreError

    let queue: WatchQueue
    private let handle: StoreHandle

    init(handle: StoreHandle, path: StorePath) throws(StoreError) {
        self.handle = handle
        queue = try handle.watch(path)
    }

    deinit { cancel() }

    package var path: StorePath { queue.path }

    /// Removes the watch and ends the sequence. Doing so again changes nothing.
    package func cancel() {
        if queue.finish(nil) { handle.unwatch(queue) }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let watch: StoreWatch

        package mutating func next() async throws(StoreError) -> StoreEvent? { try await watch.queue.next() }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(StoreError) -> StoreEvent? { try await watch.queue.next() }
    }
}

extension StoreConnection {
    /// Watches a node and all below it, or one of the names `@introduceDomain` and `@releaseDomain`.
    package func watch(_ path: StorePath) throws(StoreError) -> StoreWatch {
        try StoreWatch(handle: handle, path: path)
    }
}

/// The events of one watch that nobody has taken yet.
final class WatchQueue: Sendable {
    /// Most different paths that are kept.
    static let limit = 1024

    private struct State {
        var order: [StorePath] = []
        var known: Set<StorePath> = []
        var isFinished = false
        var error: StoreError?
        var waiter: CheckedContinuation<Void, Never>?
    }

    let path: StorePath
    /// What xenstored sends with each event of this watch; unique in the process.
    let token: String
    private let state = Mutex(State())

    init(path: StorePath, token: String) {
        self.path = path
        self.token = token
    }

    func add(_ changed: StorePath) {
        wake { state in
            guard !state.isFinished else { return }
            if state.order.count >= Self.limit {
                state.order = [path]
                state.known = [path]
            }
            if state.known.insert(changed).inserted { state.order.append(changed) }
        }
    }

    /// - Returns: false when the queue had ended before.
    @discardableResult
    func finish(_ error: StoreError?) -> Bool {
        var wasOpen = false
        wake { state in
            wasOpen = !state.isFinished
            if wasOpen { state.error = error }
            state.isFinished = true
        }
        return wasOpen
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func next() async throws(StoreError) -> StoreEvent? {
        // Who follows a guest that writes without pause never waits here, and others are to have their turn.
        await Task.yield()
        while !Task.isCancelled {
            if let taken = take() { return try taken.get() }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in suspend(continuation) }
            } onCancel: {
                wake { _ in }
            }
        }
        return nil
    }

    /// The next event, or the end of the sequence; nil when there is nothing yet.
    private func take() -> Result<StoreEvent?, StoreError>? {
        state.withLock { state in
            if !state.order.isEmpty {
                let path = state.order.removeFirst()
                state.known.remove(path)
                return .success(StoreEvent(path: path))
            }
            guard state.isFinished else { return nil }
            return state.error.map { .failure($0) } ?? .success(nil)
        }
    }

    /// Keeps the continuation until something happens; what happened since `take` resumes it at once.
    private func suspend(_ continuation: CheckedContinuation<Void, Never>) {
        let displaced: CheckedContinuation<Void, Never>? = state.withLock { state in
            if !state.order.isEmpty || state.isFinished || Task.isCancelled { return continuation }
            defer { state.waiter = continuation }
            return state.waiter
        }
        displaced?.resume()
    }
}
