import CXen
import Glibc
import Synchronization

/// Lists directories over a socket of its own, where libxenstore cannot.
///
/// oxenstored answers for a directory whose names need more than the protocol's 4096 bytes with one larger message,
/// at which libxenstore closes the connection, losing its watches and transactions with it. A guest can make such
/// a directory. This reader takes messages of up to `limit` bytes; the C xenstored's answer that the message would
/// be too large is passed on, for libxenstore then fetches the directory in parts.
final class DirectoryReader: Sendable {
    /// More than the names of a million nodes.
    static let limit = 64 << 20

    enum Answer: Hashable, Sendable {
        case names([String])
        case failure(Int32)
        /// There is no socket, only the kernel's device, or the connection broke.
        case unavailable
    }

    private enum State: Sendable {
        case unopened
        case open(Int32)
        case unavailable
    }

    private let state = Mutex(State.unopened)
    private let deadline: Duration

    init(deadline: Duration) { self.deadline = deadline }

    deinit {
        state.withLock { if case .open(let descriptor) = $0 { close(descriptor) } }
    }

    func list(_ path: StorePath) -> Answer {
        state.withLock { state in
            if case .unopened = state { state = connect().map { .open($0) } ?? .unavailable }
            guard case .open(let descriptor) = state else { return .unavailable }
            guard let answer = request(path, descriptor) else {
                close(descriptor)
                state = .unavailable
                return .unavailable
            }
            return answer
        }
    }

    private func connect() -> Int32? {
        guard let name = xs_daemon_socket() else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = UnsafeRawBufferPointer(start: name, count: strlen(name))
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyMemory(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var time = timeval(tv_sec: Int(clamping: max(1, deadline.components.seconds)), tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// - Returns: nil when the connection broke.
    private func request(_ path: StorePath, _ descriptor: Int32) -> Answer? {
        let body = Array(path.description.utf8) + [0]
        let header = xsd_sockmsg(type: XS_DIRECTORY.rawValue, req_id: 0, tx_id: 0, len: UInt32(body.count))
        let message = withUnsafeBytes(of: header) { Array($0) } + body
        guard send(message, descriptor), let reply = receive(MemoryLayout<xsd_sockmsg>.size, descriptor) else {
            return nil
        }
        let answer = reply.withUnsafeBytes { $0.loadUnaligned(as: xsd_sockmsg.self) }
        guard answer.len <= Self.limit, let content = receive(Int(answer.len), descriptor) else { return nil }
        return Self.answer(type: answer.type, content)
    }

    static func answer(type: UInt32, _ content: [UInt8]) -> Answer? {
        switch type {
        case XS_DIRECTORY.rawValue:
            // Each name ends in a NUL.
            return .names(content.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
        case XS_ERROR.rawValue:
            let name = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            return .failure(errnoValues[name] ?? EINVAL)
        default:
            return nil
        }
    }

    /// The errors that a directory request can have, as xenstored names them (`xsd_errors` in `xen/io/xs_wire.h`).
    private static let errnoValues: [String: Int32] = [
        "EINVAL": EINVAL, "EACCES": EACCES, "ENOENT": ENOENT, "ENOMEM": ENOMEM, "EIO": EIO, "E2BIG": E2BIG,
        "EPERM": EPERM, "EBUSY": EBUSY, "EAGAIN": EAGAIN, "ENOSYS": ENOSYS,
    ]

    private func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if errno != EINTR { return false }
        }
        return true
    }

    private func receive(_ count: Int, _ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let part = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress?.advanced(by: received), count - received, 0)
            }
            if part > 0 { received += part } else if part == 0 || errno != EINTR { return nil }
        }
        return bytes
    }
}
