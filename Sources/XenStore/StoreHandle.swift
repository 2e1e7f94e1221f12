import CXen
import Events
import Glibc
import Synchronization
import XenTypes

/// One connection to xenstored: opened by its first request, closed with the last reference.
///
/// This speaks the wire protocol itself, for libxenstore waits for xenstored without a limit, drops the connection
/// at an answer over 4096 bytes, and needs a thread for watches. Requests are made one at a time.
final class StoreHandle: Sendable {
    private struct State: Sendable {
        var socket: StoreSocket?
        /// What has arrived of messages that are not complete.
        var received: [UInt8] = []
        /// Whether xenstored has answered anything.
        var isAnswering = false
        /// While a watch is set, the event loop looks for events, too.
        var observation: EventLoop.Observation?
        var error: StoreError?
    }

    private let state = Mutex(State())
    private let limit: Duration
    private let hub = WatchHub()

    /// - Parameter limit: how long xenstored may take for an answer.
    init(limit: Duration) { self.limit = limit }

    deinit {
        state.withLock { state in
            state.observation?.end()
            if let socket = state.socket { close(socket.descriptor) }
        }
    }

    /// Makes one request.
    ///
    /// - Parameter path: checked, and put before `content`, with a NUL.
    func request(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ path: StorePath? = nil,
        transaction: UInt32 = 0, content: [UInt8] = []
    ) throws(StoreError) -> StoreMessage {
        if let problem = path?.problem { throw StoreError(operation, path, cause: .invalidPath(problem)) }
        let content = path.map { Array($0.description.utf8) + [0] + content } ?? content
        guard content.count <= Int(XENSTORE_PAYLOAD_MAX) else {
            throw StoreError(operation, path, code: E2BIG, cause: .tooLarge(bytes: content.count))
        }
        let message = StoreMessage(type: type, transaction: transaction, content: content)
        let answer = try state.withLock { state throws(StoreError) in
            try exchange(message, &state, StoreError(operation, path, errno: ECONNRESET))
        }
        if let code = answer.failure { throw StoreError(operation, path, errno: code) }
        guard answer.type == type else { throw StoreError(operation, path, errno: EIO) }
        return answer
    }

    /// - Parameter lost: what is thrown when there is no connection any more.
    private func exchange(
        _ message: StoreMessage, _ state: inout State, _ lost: StoreError
    ) throws(StoreError) -> StoreMessage {
        if let error = state.error { throw error.operation == .open ? error : lost }
        do throws(StoreSocket.Failure) {
            let socket = try openSocket(&state)
            try socket.send(message.bytes)
            while true {
                if let answer = try takeMessages(&state) {
                    state.isAnswering = true
                    return answer
                }
                _ = try socket.receive(into: &state.received, waiting: true)
            }
        } catch {
            throw fail(&state, because: error, lost)
        }
    }

    private func openSocket(_ state: inout State) throws(StoreSocket.Failure) -> StoreSocket {
        if let socket = state.socket { return socket }
        let socket = try StoreSocket.open(limit: limit)
        state.socket = socket
        return socket
    }

    /// Takes all that has arrived as a whole, and hands out events.
    ///
    /// - Returns: the answer, if it was among them.
    private func takeMessages(_ state: inout State) throws(StoreSocket.Failure) -> StoreMessage? {
        var answer: StoreMessage?
        while let message = try StoreMessage.take(from: &state.received) {
            guard message.type == XS_WATCH_EVENT else {
                answer = message
                continue
            }
            let words = message.words
            if words.count > 1 { hub.deliver(StorePath(words[0]), words[1]) }
        }
        return answer
    }

    private func fail(
        _ state: inout State, because failure: StoreSocket.Failure, _ lost: StoreError
    ) -> StoreError {
        var error = lost
        switch failure {
        case .timedOut:
            error.code = ETIMEDOUT
            error.cause = .notAnswering(after: limit)
            if !state.isAnswering {
                error.operation = .open
                error.path = nil
            }
        case .broken(let code) where state.socket == nil: error = StoreError(.open, nil, errno: code)
        case .broken: break
        }
        state.observation?.end()
        state.observation = nil
        if let socket = state.socket { close(socket.descriptor) }
        state.socket = nil
        state.error = error
        hub.end(StoreError(.watch, nil, errno: ECONNRESET))
        return error
    }

    /// Sets a watch; the first one makes the event loop look for events.
    func watch(_ path: StorePath) throws(StoreError) -> WatchQueue {
        let queue = hub.makeQueue(for: path)
        do {
            _ = try request(.watch, XS_WATCH, path, content: StoreMessage.content([queue.token]))
        } catch {
            hub.remove(queue)
            throw error
        }
        state.withLock { state in
            guard state.observation == nil, let socket = state.socket else { return }
            state.observation = EventLoop.shared.observe(socket.descriptor) { [weak self] in self?.readEvents() }
        }
        return queue
    }

    /// Removes a watch; failing is no concern of the caller, for the events are dropped in any case.
    func unwatch(_ queue: WatchQueue) {
        hub.remove(queue)
        _ = try? request(.unwatch, XS_UNWATCH, queue.path, content: StoreMessage.content([queue.token]))
    }

    private func readEvents() {
        state.withLock { state in
            do throws(StoreSocket.Failure) {
                // Others are to have their turn, too, however much a guest writes.
                for _ in 0..<16 {
                    guard let socket = state.socket, try socket.receive(into: &state.received, waiting: false) else {
                        return
                    }
                    _ = try takeMessages(&state)
                }
            } catch {
                _ = fail(&state, because: error, StoreError(.watch, nil, errno: ECONNRESET))
            }
        }
    }
}
