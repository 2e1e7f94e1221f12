import Glibc
import SystemPackage
import XenTypes

@testable import XenToolstack

/// The other end of a QMP connection: does the steps of a script on a thread of its own.
final class ScriptedQEMU: Sendable {
    enum Step: Sendable {
        /// Sends bytes; `ID` in them is the number of the last command.
        case send(String)
        /// Sends a text again and again until nobody reads any more, or for three seconds.
        case flood(String)
        /// Reads one command.
        case read
        case close
    }

    static let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}"#
        + "\r\n"
    static let success = #"{"return": {}, "id": ID}"# + "\r\n"
    /// What every QEMU does before the first command.
    static let opening: [Step] = [.send(greeting), .read, .send(success)]

    let socket: QMPSocket
    private let thread: Task<[String], Never>
    private let passed = LastSeen()

    init(_ script: [Step]) throws {
        var ends: [CInt] = [0, 0]
        guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw Errno(rawValue: errno) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        socket = QMPSocket(FileDescriptor(rawValue: ends[0]))
        let server = Server(descriptor: ends[1], passed: passed)
        thread = Task { await onOwnThread { server.perform(script) } }
    }

    /// The commands that came, without what ends their lines.
    var commands: [String] { get async { await thread.value } }
    /// The contents of the file whose descriptor came along.
    var passedContents: String? { passed.text }
}

private struct Server: Sendable {
    let descriptor: CInt
    let passed: LastSeen

    func perform(_ script: [ScriptedQEMU.Step]) -> [String] {
        var commands: [String] = []
        for step in script {
            switch step {
            case .send(let text):
                let id = commands.last.flatMap { $0.firstMatch(of: #/"id":([0-9]+)/#)?.output.1 } ?? "0"
                _ = write(Array(text.replacing("ID", with: id).utf8))
            case .flood(let text):
                let piece = Array(String(repeating: text, count: max(1, 65536 / text.utf8.count)).utf8)
                let end = ContinuousClock.now + .seconds(60)
                while ContinuousClock.now < end, write(piece) {}
            case .read: commands.append(readLine())
            case .close:
                close(descriptor)
                return commands
            }
        }
        // Stays connected, without a word, until the other side goes.
        while !readLine().isEmpty {}
        close(descriptor)
        return commands
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func readLine() -> String {
        var line: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            var control = [UInt8](repeating: 0, count: 64)
            let room = control.count
            let count = control.withUnsafeMutableBytes { control in
                withUnsafeMutableBytes(of: &byte) { target in
                    var part = iovec(iov_base: target.baseAddress, iov_len: 1)
                    return withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = room
                        let count = recvmsg(descriptor, &message, 0)
                        if message.msg_controllen >= 20 { note(control.load(fromByteOffset: 16, as: CInt.self)) }
                        return count
                    }
                }
            }
            guard count == 1, byte != UInt8(ascii: "\n") else {
                return String(decoding: line, as: UTF8.self).trimmingSuffix("\r")
            }
            line.append(byte)
        }
    }

    private func note(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &buffer, buffer.count)
        close(descriptor)
        passed.text = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        unicodeScalars.last == suffix.unicodeScalars.last ? String(unicodeScalars.dropLast()) : self
    }
}
