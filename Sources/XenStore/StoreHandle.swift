import CXen
import Events
import Glibc
import Synchronization
import XenTypes

/// One connection to xenstored: opened by its first request, closed with the last reference.
///
/// This speaks the wire protocol itself, for libxenstore waits for xenstored without a limit, drops the connection
/// at an answer over 4096 bytes, and needs a thread for watches. Requests go out one at a time, or as a series that is
/// answered in order.
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
    private let path: String?
    private let limit: Duration
    private let hub = WatchHub()

    /// - Parameters:
    ///   - path: of xenstored's socket; nil looks where libxenstore does.
    ///   - limit: how long xenstored may take for an answer.
    init(path: String? = nil, limit: Duration) {
        self.path = path
        self.limit = limit
    }

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
        let request = try StoreRequest(operation, type, path, transaction: transaction, content: content)
        return try request.answer(from: perform([request])[0])
    }

    /// Makes requests whose answers do not depend on what the caller learns in between.
    ///
    /// They go out together, as many as xenstored can answer before any answer is read, so that it and this process
    /// need not wake each other for each.
    ///
    /// - Returns: xenstored's answers, of which any may be a failure, in the order of the requests.
    func perform(_ requests: [StoreRequest]) throws(StoreError) -> [StoreMessage] {
        try state.withLock { state throws(StoreError) in
            var answers: [StoreMessage] = []
            answers.reserveCapacity(requests.count)
            while answers.count < requests.count {
                let series = StoreRequest.series(of: requests[answers.count...])
                try exchange(series, &state, &answers)
            }
            return answers
        }
    }

    /// Sends a series and adds its answers.
    private func exchange(
        _ series: ArraySlice<StoreRequest>, _ state: inout State, _ answers: inout [StoreMessage]
    ) throws(StoreError) {
        func lost() -> StoreError {
            let request = series[min(answers.count, series.endIndex - 1)]
            return StoreError(request.operation, request.path, errno: ECONNRESET)
        }
        if let error = state.error { throw error.operation == .open ? error : lost() }
        do throws(StoreSocket.Failure) {
            let socket = try openSocket(&state)
            try socket.send(series.map(\.message.bytes))
            while true {
                try takeMessages(&state, &answers)
                if !answers.isEmpty { state.isAnswering = true }
                if answers.count >= series.endIndex { break }
                _ = try socket.receive(into: &state.received, waiting: true)
            }
            guard answers.count == series.endIndex else { throw .broken(EPROTO) }
        } catch {
            throw fail(&state, because: error, lost())
        }
    }

    private func openSocket(_ state: inout State) throws(StoreSocket.Failure) -> StoreSocket {
        if let socket = state.socket { return socket }
        let socket = try StoreSocket.open(path, limit: limit)
        state.socket = socket
        return socket
    }

    /// Takes all that has arrived as a whole: hands out events, and adds answers.
    private func takeMessages(
        _ state: inout State, _ answers: inout [StoreMessage]
    ) throws(StoreSocket.Failure) {
        while let message = try StoreMessage.take(from: &state.received) {
            guard message.type == XS_WATCH_EVENT else {
                answers.append(message)
                continue
            }
            let words = message.words
            if words.count > 1 { hub.deliver(StorePath(words[0]), words[1]) }
        }
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
                    var answers: [StoreMessage] = []
                    try takeMessages(&state, &answers)
                    guard answers.isEmpty else { throw .broken(EPROTO) }
                }
            } catch {
                _ = fail(&state, because: error, StoreError(.watch, nil, errno: ECONNRESET))
            }
        }
    }
}
