import Events
import Glibc

/// The way to xenstored: its socket, or the kernel's device where it runs in another domain.
struct StoreSocket: Sendable {
    enum Failure: Error, Hashable {
        case timedOut
        /// The number is errno; `ECONNRESET` when xenstored has closed the connection.
        case broken(Int32)
    }

    let descriptor: Int32
    private let isSocket: Bool
    private var limit: Duration

    /// - Parameters:
    ///   - path: of xenstored's socket or of the device; nil looks where libxenstore does.
    ///   - limit: how long each step of a request may take.
    static func open(_ path: String? = nil, limit: Duration) throws(Failure) -> StoreSocket {
        // The names and variables are those of libxenstore.
        let named = path ?? variable("XENSTORED_PATH")
        let path = named ?? (variable("XENSTORED_RUNDIR") ?? "/var/run/xenstored") + "/socket"
        if let descriptor = try connect(path, limit) {
            var socket = StoreSocket(descriptor: descriptor, isSocket: true, limit: limit)
            socket.setLimit(limit)
            return socket
        }
        let descriptor = Glibc.open(named ?? "/dev/xen/xenbus", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .broken(errno) }
        return StoreSocket(descriptor: descriptor, isSocket: false, limit: limit)
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// - Returns: nil when nobody listens there.
    private static func connect(_ path: String, _ limit: Duration) throws(Failure) -> Int32? {
        guard let address = LocalAddress(path: path) else { return nil }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .broken(errno) }
        // It limits `connect`, too.
        set(SO_SNDTIMEO, of: descriptor, to: limit)
        if address.connect(descriptor) == 0 { return descriptor }
        let isLate = errno == EAGAIN
        close(descriptor)
        if isLate { throw .timedOut }
        return nil
    }

    private static func set(_ option: Int32, of descriptor: Int32, to limit: Duration) {
        let (seconds, attoseconds) = limit.components
        var time = timeval(tv_sec: Int(clamping: seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Changes how long each step of a request may take.
    mutating func setLimit(_ limit: Duration) {
        self.limit = limit
        guard isSocket else { return }
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { Self.set(option, of: descriptor, to: limit) }
    }

    /// Sends messages: together, but the device takes one at a time. What has been sent is taken out, so that the rest
    /// can follow later.
    func send(_ messages: inout [[UInt8]]) throws(Failure) {
        if isSocket, messages.count > 1 { messages = [Array(messages.joined())] }
        while var rest = messages.first?[...] {
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { rest in
                    isSocket
                        ? Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                        : write(descriptor, rest.baseAddress, rest.count)
                }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    let failure = failure(errno)
                    messages[0] = Array(rest)
                    throw failure
                }
            }
            messages.removeFirst()
        }
    }

    /// Adds what has arrived.
    ///
    /// - Parameter least: how many bytes are on their way in any case: to wait for them all, as long as xenstored goes on
    ///   sending, costs one waking where to take each answer as it comes costs one for each.
    /// - Returns: false when nothing has, and this is not `waiting` for it.
    func receive(into received: inout [UInt8], waiting: Bool, least: Int = 0) throws(Failure) -> Bool {
        while true {
            if !isSocket, !(try hasInput(waiting: waiting)) { return false }
            let count = withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 8) { buffer in
                let isWhole = waiting && least >= Self.leastToWaitFor
                let size = isWhole ? min(least, buffer.count) : buffer.count
                let flags = Int32(isWhole ? MSG_WAITALL : waiting ? 0 : MSG_DONTWAIT)
                let count =
                    isSocket
                    ? recv(descriptor, buffer.baseAddress, size, flags)
                    : read(descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { received += buffer[..<count] }
                return count
            }
            if count > 0 { return true }
            if count == 0 { throw .broken(ECONNRESET) }
            if errno == EAGAIN, !waiting { return false }
            guard errno == EINTR else { throw failure(errno) }
        }
    }

    /// Three answers: fewer are taken as they come.
    private static let leastToWaitFor = 48

    /// The device knows no limits of its own.
    private func hasInput(waiting: Bool) throws(Failure) -> Bool {
        var descriptor = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = limit.components
        let time = waiting ? Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000) : 0
        while true {
            let count = poll(&descriptor, 1, time)
            if count > 0 { return true }
            if count == 0, waiting { throw .timedOut }
            if count == 0 { return false }
            guard errno == EINTR else { throw failure(errno) }
        }
    }

    private func failure(_ code: Int32) -> Failure { code == EAGAIN ? .timedOut : .broken(code) }
}
