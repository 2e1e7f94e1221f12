import Events
import Glibc
import SystemPackage
import XenTypes

/// The two directions in which the sides of a migration talk.
public struct MigrationConnection: Sendable {
    /// What the other side says.
    public let input: FileDescriptor
    /// What the other side hears.
    public let output: FileDescriptor
    /// "migration receiver stream", for errors.
    let name: String

    /// A connection that is open.
    ///
    /// - Parameter name: what errors call it.
    public init(input: FileDescriptor, output: FileDescriptor, name: String) {
        self.input = input
        self.output = output
        self.name = name
    }

    /// What came in place of a message is shown up to so many bytes.
    private static let excerptLength = 200

    /// Takes a message, and nothing behind it.
    ///
    /// - Parameter limit: nil to wait for as long as the connection lasts: somebody may be typing a password.
    /// - Throws: `timedOut`; `fail` when the other side ends or says something else; `aborted` when the task is
    ///   cancelled.
    func expect(_ message: MigrationMessage, within limit: Duration?) async throws(ToolstackError) {
        let expected = message.bytes
        var received: [UInt8] = []
        while received.count < expected.count {
            let piece = try await read(expected.count - received.count, of: message.name, within: limit)
            received += piece
            guard expected.starts(with: received) else {
                throw failure(
                    .fail, "contained unexpected data instead of \(message.name)", "\"\(Self.excerpt(received))\"",
                    remedy: message == .banner
                        ? "the command on the other side must print nothing of its own on standard output" : nil)
            }
        }
    }

    /// Takes one byte.
    func byte(of what: String, within limit: Duration?) async throws(ToolstackError) -> UInt8 {
        try await read(1, of: what, within: limit)[0]
    }

    /// - Returns: at least one byte.
    private func read(
        _ count: Int, of what: String, within limit: Duration?
    ) async throws(ToolstackError) -> [UInt8] {
        do {
            let bytes = try await withDeadline(limit) { [input] in
                try await waitUntilReadable(input)
                return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                    filled = try input.read(into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
            guard let bytes else { throw failure(.timedOut, "has not brought the \(what) in \(limit ?? .zero)") }
            guard !bytes.isEmpty else { throw failure(.fail, "was truncated reading \(what)") }
            return bytes
        } catch let error as ToolstackError {
            throw error
        } catch is CancellationError {
            throw ToolstackError(.aborted, "cannot read the \(what)", cause: "interrupted")
        } catch {
            throw failure(.fail, "failed reading \(what)", "\(error)")
        }
    }

    /// Waits until a message can be sent at once: the other side says what it likes, and need not have taken what was
    /// sent before.
    func awaitRoom(for message: MigrationMessage, within limit: Duration) async throws(ToolstackError) {
        let end = ContinuousClock.now + limit
        let result = await onOwnThread { [output] in
            var request = pollfd(fd: output.rawValue, events: Int16(POLLOUT), revents: 0)
            while true {
                let left = max((end - .now) / .milliseconds(1), 0)
                let result = poll(&request, 1, Int32(min(left.rounded(.up), Double(Int32.max))))
                guard result < 0, errno == EINTR else { return result }
            }
        }
        // What is wrong with the connection, sending tells.
        guard result != 0 else { throw failure(.timedOut, "has not taken the \(message.name) in \(limit)") }
    }

    /// - Throws: when it has not gone out. A message is smaller than what a pipe takes at once: then none of it has.
    func send(_ message: MigrationMessage) throws(ToolstackError) { try send(message.bytes, message.name) }

    func send(_ bytes: [UInt8], _ what: String) throws(ToolstackError) {
        do { _ = try output.writeAll(bytes) } catch { throw failure(.fail, "failed writing \(what)", "\(error)") }
    }

    private func failure(
        _ code: ToolstackError.Code, _ text: String, _ cause: String? = nil, remedy: String? = nil
    ) -> ToolstackError {
        ToolstackError(code, "\(name) \(text)", cause: cause, remedy: remedy)
    }

    private static func excerpt(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(excerptLength), as: UTF8.self)
    }
}
