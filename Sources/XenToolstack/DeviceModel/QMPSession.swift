import SystemPackage
import XenTypes
import YajlJSON

/// A conversation with one QEMU: commands and their answers, one after the other, and events in between.
///
/// After an error other than a refusal the connection is of no use, and further commands fail at once.
actor QMPSession {
    /// Most bytes and events that one command may cost: QEMU may be the guest's, and must not keep dom0 busy. The first
    /// is that of 16 answers of the greatest length, the second more than all errors of a failing disk's whole queue.
    private static let byteLimit = 16 * QMPLines.limit
    private static let eventLimit = 10_000

    private let socket: QMPSocket
    private var lines = QMPLines()
    /// What has come and was not asked for yet.
    private var events: Set<QMPEvent> = []
    /// What has come since the last command.
    private var byteCount = 0
    private var eventCount = 0
    /// An answer that is late must not be taken for that of another command, even across connections.
    private var nextID = Int64.random(in: 1..<1 << 52)
    private var end: QMPError?
    private(set) var version = QEMUVersion(major: 0, minor: 0, micro: 0)

    /// Takes QEMU's greeting and enters the mode in which commands are possible.
    ///
    /// - Parameter limit: how long each of both may take.
    init(_ socket: QMPSocket, within limit: Duration) async throws(QMPError) {
        self.socket = socket
        try await limited(limit, "its greeting; another program may be connected to it") { session in
            try await session.takeGreeting()
        }
        _ = try await execute("qmp_capabilities", within: limit)
    }

    /// Performs a command.
    ///
    /// - Parameters:
    ///   - passed: a descriptor that QEMU gets a copy of, for `add-fd` and `getfd`.
    ///   - limit: how long the answer may take; QEMU may still carry the command out after that.
    /// - Returns: what QEMU answers.
    @discardableResult
    func execute(
        _ command: String, _ arguments: [(name: String, value: JSONValue)] = [], passing passed: FileDescriptor? = nil,
        within limit: Duration
    ) async throws(QMPError) -> JSONValue {
        if let end { throw end }
        let id = nextID
        nextID += 1
        let bytes = try QMPMessage.command(command, arguments, id: id)
        return try await limited(limit, "its answer to \"\(command)\"") { session in
            try await session.exchange(bytes, passed, id: id)
        }
    }

    /// Waits for an event, unless it has come since the connection was made, or since it was last asked for.
    func event(_ event: QMPEvent, within limit: Duration) async throws(QMPError) {
        if let end { throw end }
        try await limited(limit, "its event \(event.rawValue)") { session in try await session.await(event) }
    }

    private func limited<Value: Sendable>(
        _ limit: Duration, _ what: String, _ body: @escaping @Sendable (QMPSession) async throws -> Value
    ) async throws(QMPError) -> Value {
        var failure = QMPError.silent(what, limit)
        (byteCount, eventCount) = (0, 0)
        do {
            if let value = try await withDeadline(limit, { try await body(self) }) { return value }
        } catch let error as QMPError {
            failure = error
        } catch {
            failure = .cancelled
        }
        if case .refused = failure {} else { end = failure }
        throw failure
    }

    private func takeGreeting() async throws(QMPError) {
        let message = try await nextMessage()
        guard case .greeting(let version) = message else { throw Self.misplaced(message) }
        self.version = version
    }

    private func exchange(_ bytes: [UInt8], _ passed: FileDescriptor?, id: Int64) async throws(QMPError) -> JSONValue {
        try await socket.send(bytes, passing: passed)
        while true {
            switch try await nextMessage() {
            case .event(let name): try note(name)
            case .success(id, let value): return value
            // Without a number QEMU has not understood the command at all.
            case .refusal(id, let refusal), .refusal(nil, let refusal): throw .refused(refusal)
            case let message: throw Self.misplaced(message)
            }
        }
    }

    private func await(_ event: QMPEvent) async throws(QMPError) {
        while events.remove(event) == nil {
            let message = try await nextMessage()
            guard case .event(let name) = message else { throw Self.misplaced(message) }
            try note(name)
        }
    }

    private func note(_ name: String) throws(QMPError) {
        eventCount += 1
        guard eventCount <= Self.eventLimit else { throw .tooMuch("more than \(Self.eventLimit) events") }
        if let event = QMPEvent(rawValue: name) { events.insert(event) }
    }

    private func nextMessage() async throws(QMPError) -> QMPMessage {
        while true {
            // A QEMU that never pauses must not keep this wait's own time limit, and other tasks, from their turn.
            await Task.yield()
            if Task.isCancelled { throw .cancelled }
            if let line = try lines.next() { return try QMPMessage(line) }
            let bytes = try await socket.receive()
            byteCount += bytes.count
            guard byteCount <= Self.byteLimit else { throw .tooMuch("more than \(Self.byteLimit) bytes") }
            lines.append(bytes)
        }
    }

    private static func misplaced(_ message: QMPMessage) -> QMPError {
        switch message {
        case .greeting(let version): .unexpected("a greeting of QEMU \(version)")
        case .success(let id, _): .unexpected("an answer to the command \(id.map { "\($0)" } ?? "without a number")")
        case .refusal(let id, let refusal):
            .unexpected(
                "a refusal of the command \(id.map { "\($0)" } ?? "without a number"): \(refusal.text)"
            )
        case .event(let name): .unexpected("the event \(name)")
        }
    }
}
