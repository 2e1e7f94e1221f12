import Glibc
import SystemPackage

/// One end of a connection with QEMU: bytes and descriptors, without meaning.
final class QMPSocket: Sendable {
    private let descriptor: FileDescriptor

    /// - Parameter descriptor: a connected socket that does not block; closed together with this.
    init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    deinit { try? descriptor.close() }

    /// - Throws: `system`, with `noSuchFileOrDirectory` or `connectionRefused` when no QEMU listens there.
    convenience init(connectingTo path: FilePath) throws(QMPError) {
        guard let address = LocalAddress(path: path.string) else {
            throw .system("the socket's name \(path)", .fileNameTooLong)
        }
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { throw .system("socket", Errno(rawValue: errno)) }
        self.init(FileDescriptor(rawValue: descriptor))
        guard address.connect(descriptor) == 0 else { throw .system("connect to \(path)", Errno(rawValue: errno)) }
    }

    /// Sends all bytes.
    ///
    /// - Parameter passed: a descriptor of which QEMU gets a copy together with the first byte.
    func send(_ bytes: [UInt8], passing passed: FileDescriptor?) async throws(QMPError) {
        var rest = bytes[...]
        var passed = passed
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                SystemCalls.send($0, through: descriptor, passing: passed)
            }
            if count > 0 {
                rest = rest.dropFirst(count)
                passed = nil
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await waitUntilWritable()
            case EPIPE, ECONNRESET: throw .closed
            default: throw .system("write to QEMU", Errno(rawValue: errno))
            }
        }
    }

    /// Waits until QEMU takes more. Commands are short, so this is rare enough to be worth a thread.
    private func waitUntilWritable() async throws(QMPError) {
        while !Task.isCancelled {
            let ready = await onOwnThread { [descriptor] in
                var request = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
                // Nothing interrupts the thread, so it looks up from time to time.
                return poll(&request, 1, 100)
            }
            // What is wrong with the socket, the next write tells.
            if ready != 0 { return }
        }
        throw .cancelled
    }

    /// The bytes that have come, at least one.
    func receive() async throws(QMPError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
            if count > 0 { return Array(buffer[..<count]) }
            if count == 0 { throw .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: do { try await waitUntilReadable(descriptor) } catch { throw .cancelled }
            case ECONNRESET: throw .closed
            default: throw .system("read from QEMU", Errno(rawValue: errno))
            }
        }
    }
}
