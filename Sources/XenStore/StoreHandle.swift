import CXen
import Events
import Glibc
import Synchronization
import XenTypes

/// The way to xenstored: opened by the first request, closed with the last reference, opened again after it was lost.
///
/// This speaks the wire protocol itself, for libxenstore waits for xenstored without a limit, drops the connection
/// at an answer over 4096 bytes, and needs a thread for watches. Requests go out one at a time, or as a series that is
/// answered in order.
final class StoreHandle: Sendable {
    private struct State: Sendable {
        var socket: StoreSocket?
        /// Counts the connections.
        var connection: UInt64 = 0
        /// What has arrived of messages that are not complete.
        var received: [UInt8] = []
        /// What is still to be sent of requests that nobody waits for any more.
        var unsent: [[UInt8]] = []
        /// How many answers are still to come that nobody waits for any more.
        var stale = 0
        /// Whether xenstored has answered anything.
        var isAnswering = false
        /// While a watch is set, the event loop looks for events, too.
        var observation: EventLoop.Observation?
        var lapses = 0
        /// Whether the last request failed for want of an answer.
        var hasLapsed = false
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

    /// How long it may take while it owes answers to earlier requests: whoever goes on without one is not to wait for
    /// each of many.
    private var shortLimit: Duration { limit / 8 }

    var lapses: Int { state.withLock(\.lapses) }

    /// Makes one request.
    ///
    /// - Parameter path: checked, and put before `content`, with a NUL.
    func request(
        _ operation: StoreOperation, _ type: xsd_sockmsg_type, _ path: StorePath? = nil,
        transaction: UInt32 = 0, content: [UInt8] = [], on connection: UInt64? = nil
    ) throws(StoreError) -> StoreMessage {
        let request = try StoreRequest(operation, type, path, transaction: transaction, content: content)
        return try request.answer(from: perform([request], on: connection).answers[0])
    }

    /// Makes requests whose answers do not depend on what the caller learns in between.
    ///
    /// They go out together, as many as xenstored can answer before any answer is read, so that it and this process
    /// need not wake each other for each.
    ///
    /// - Parameter connection: the one that they belong to; nil for any.
    /// - Returns: xenstored's answers, of which any may be a failure, in the order of the requests; and over which
    ///   connection they came.
    func perform(
        _ requests: [StoreRequest], on connection: UInt64? = nil
    ) throws(StoreError) -> (answers: [StoreMessage], connection: UInt64) {
        try state.withLock { state throws(StoreError) in
            var answers: [StoreMessage] = []
            answers.reserveCapacity(requests.count)
            while answers.count < requests.count {
                let series = StoreRequest.series(of: requests[answers.count...])
                try exchange(series, on: connection, &state, &answers)
            }
            return (answers, state.connection)
        }
    }

    /// Sends a series and adds its answers.
    private func exchange(
        _ series: ArraySlice<StoreRequest>, on connection: UInt64?, _ state: inout State,
        _ answers: inout [StoreMessage]
    ) throws(StoreError) {
        func lost() -> StoreError {
            let request = series[min(answers.count, series.endIndex - 1)]
            return StoreError(request.operation, request.path, errno: ECONNRESET)
        }
        if let connection, state.socket == nil || connection != state.connection { throw lost() }
        var isQueued = false
        do throws(StoreSocket.Failure) {
            let socket = try openSocket(&state)
            // First what is left of earlier ones: a message must not begin inside another.
            try socket.send(&state.unsent)
            isQueued = true
            state.unsent = series.map(\.message.bytes)
            try socket.send(&state.unsent)
            while true {
                try takeMessages(&state, &answers)
                if answers.count >= series.endIndex { break }
                // Each answer that is still to come has a header at least.
                let headers = (state.stale + series.endIndex - answers.count) * MemoryLayout<xsd_sockmsg>.size
                _ = try socket.receive(into: &state.received, waiting: true, least: headers - state.received.count)
            }
            guard answers.count == series.endIndex else { throw .broken(EPROTO) }
            note(hasLapsed: false, &state)
        } catch {
            if isQueued { state.stale += series.endIndex - answers.count }
            throw fail(&state, because: error, lost())
        }
    }

    private func openSocket(_ state: inout State) throws(StoreSocket.Failure) -> StoreSocket {
        if let socket = state.socket { return socket }
        let socket = try StoreSocket.open(path, limit: state.hasLapsed ? shortLimit : limit)
        state.socket = socket
        state.connection += 1
        return socket
    }

    /// Takes all that has arrived as a whole: hands out events, and adds answers but for stale ones.
    private func takeMessages(
        _ state: inout State, _ answers: inout [StoreMessage]
    ) throws(StoreSocket.Failure) {
        while let message = try StoreMessage.take(from: &state.received) {
            guard message.type == XS_WATCH_EVENT else {
                state.isAnswering = true
                if state.stale > 0 { state.stale -= 1 } else { answers.append(message) }
                continue
            }
            let words = message.words
            if words.count > 1 { hub.deliver(StorePath(words[0]), words[1]) }
        }
    }

    private func note(hasLapsed: Bool, _ state: inout State) {
        if hasLapsed { state.lapses += 1 }
        guard hasLapsed != state.hasLapsed else { return }
        state.hasLapsed = hasLapsed
        state.socket?.setLimit(hasLapsed ? shortLimit : limit)
    }

    private func fail(
        _ state: inout State, because failure: StoreSocket.Failure, _ lost: StoreError
    ) -> StoreError {
        defer { note(hasLapsed: true, &state) }
        var error = lost
        switch failure {
        case .timedOut:
            error.code = ETIMEDOUT
            error.cause = .notAnswering(after: limit)
            if !state.isAnswering {
                error.operation = .open
                error.path = nil
            }
            // It may only be slow: what was asked stays asked, and answers are told apart by their order.
            return error
        case .broken(let code) where state.socket == nil: error = StoreError(.open, nil, errno: code)
        case .broken: break
        }
        state.observation?.end()
        if let socket = state.socket { close(socket.descriptor) }
        let (connection, lapses) = (state.connection, state.lapses)
        state = State()
        (state.connection, state.lapses) = (connection, lapses)
        hub.end(StoreError(.watch, nil, errno: ECONNRESET))
        return error
    }

    /// Looks whether xenstored answers again after a request has failed for want of an answer.
    func recover() -> Bool {
        guard state.withLock(\.hasLapsed) else { return true }
        readMessages()
        // Only when it has answered all that is old, it is asked something new.
        guard state.withLock({ $0.stale == 0 }) else { return false }
        return (try? request(.domainPath, XS_GET_DOMAIN_PATH, content: StoreMessage.content(["0"]))) != nil
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
            state.observation = EventLoop.shared.observe(socket.descriptor) { [weak self] in self?.readMessages() }
        }
        return queue
    }

    /// Removes a watch; failing is no concern of the caller, for the events are dropped in any case.
    func unwatch(_ queue: WatchQueue) {
        hub.remove(queue)
        _ = try? request(.unwatch, XS_UNWATCH, queue.path, content: StoreMessage.content([queue.token]))
    }

    /// Takes what has arrived while no request waits for an answer.
    private func readMessages() {
        state.withLock { state in
            do throws(StoreSocket.Failure) {
                if let socket = state.socket { try socket.send(&state.unsent) }
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
