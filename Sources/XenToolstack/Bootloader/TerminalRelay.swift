import Glibc
import SystemPackage

/// Passes bytes between the bootloader's terminal and the one that console clients open, on a thread of its own.
///
/// The bootloader must never wait for a client: when nobody reads its output, the oldest of it is dropped.
final class TerminalRelay: Sendable {
    /// Output kept for a client that is yet to come, and input for a bootloader that does not read
    /// (`BOOTLOADER_BUF_IN`, `BOOTLOADER_BUF_OUT` in `libxl_bootloader.c`).
    static let outputLimit = 4096
    static let inputLimit = 65536
    /// Most bytes of the output that are logged: what a bootloader prints comes from the guest's disk.
    static let logLimit = 1 << 20

    private let bootloader: PseudoTerminal
    private let console: PseudoTerminal
    private let log: FileDescriptor?
    private let wake: (read: FileDescriptor, write: FileDescriptor)

    /// - Parameter log: gets a copy of the output; its owner closes it after the relay.
    init(bootloader: PseudoTerminal, console: PseudoTerminal, log: FileDescriptor?) throws(ToolstackError) {
        self.bootloader = bootloader
        self.console = console
        self.log = log
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw ToolstackError(.fail, "cannot open a pipe", cause: "\(Errno(rawValue: errno))")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wake = (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
    }

    deinit {
        try? wake.read.close()
        try? wake.write.close()
    }

    /// Makes `run` return after it has passed on what is there.
    func stop() { _ = try? wake.write.writeAll([0]) }

    /// Passes bytes on until `stop`.
    func run() async {
        await onOwnThread { self.loop() }
    }

    private func loop() {
        var output = Queue(limit: Self.outputLimit)
        var input = Queue(limit: Self.inputLimit)
        var logged = 0
        var sides = [
            pollfd(fd: bootloader.master.rawValue, events: 0, revents: 0),
            pollfd(fd: console.master.rawValue, events: 0, revents: 0),
            pollfd(fd: wake.read.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            sides[0].events = Int16(POLLIN) | (input.isEmpty ? 0 : Int16(POLLOUT))
            sides[1].events = Int16(POLLIN) | (output.isEmpty ? 0 : Int16(POLLOUT))
            guard poll(&sides, nfds_t(sides.count), -1) >= 0 || errno == EINTR else { return }
            let isLast = sides[2].revents != 0
            let received = output.fill(from: bootloader.master)
            if let log, logged < Self.logLimit, !received.isEmpty {
                logged += received.count
                let end = logged < Self.logLimit ? [] : Array("\n(the rest is not logged)\n".utf8)
                _ = try? log.writeAll(received + end)
            }
            output.drain(to: console.master)
            input.fill(from: console.master)
            input.drain(to: bootloader.master)
            if isLast { return }
        }
    }
}

/// Bytes on their way; the oldest make room for new ones.
private struct Queue {
    let limit: Int
    private var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { bytes.isEmpty }

    /// Takes what can be read at once.
    @discardableResult
    mutating func fill(from descriptor: FileDescriptor) -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Bounded, so that a bootloader that never stops talking does not hold up the other direction.
        for _ in 0..<16 {
            let count = (try? buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }) ?? 0
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        bytes += received
        if bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
        return received
    }

    /// Gives away what can be written at once.
    mutating func drain(to descriptor: FileDescriptor) {
        while !bytes.isEmpty {
            let count = (try? bytes.withUnsafeBytes { try descriptor.write($0) }) ?? 0
            guard count > 0 else { return }
            bytes.removeFirst(count)
        }
    }
}
