import Glibc
import SystemPackage
import XenTypes

/// The kernel's queue that holds packets back until it is told to let them go: the queueing discipline "plug"
/// (`linux/pkt_sched.h`), at the root of a network interface that `remus-netbuf-setup` prepares.
final class PlugQueue: Sendable {
    /// `TCQ_PLUG_*`.
    enum Action: UInt32, Sendable {
        /// Packets from here on wait for a release of their own.
        case buffer = 0
        /// Lets those go that came before the last `buffer`.
        case releaseOne = 1
    }

    private let interface: UInt32
    private let socket: FileDescriptor

    /// - Throws: when there is no such interface.
    init(_ name: String) throws(Errno) {
        interface = if_nametoindex(name)
        guard interface != 0 else { throw Errno(rawValue: errno) }
        let number = Glibc.socket(AF_NETLINK, CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Self.route)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        socket = FileDescriptor(rawValue: number)
    }

    deinit { try? socket.close() }

    /// Has the kernel do it; returns when it is done.
    func perform(_ action: Action) throws(Errno) {
        let request = Self.request(action, interface: interface)
        let sent = request.withUnsafeBytes { Glibc.send(socket.rawValue, $0.baseAddress, $0.count, 0) }
        guard sent == request.count else { throw Errno(rawValue: errno) }
        var answer = [UInt8](repeating: 0, count: 1 << 12)
        let count = answer.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        if let error = Self.error(in: answer[..<count]) { throw error }
    }

    // MARK: Messages (linux/netlink.h, linux/rtnetlink.h)

    /// `NETLINK_ROUTE`
    private static let route: CInt = 0
    private static let errorType: UInt16 = 2
    private static let newQueueingDiscipline: UInt16 = 36
    /// `NLM_F_REQUEST | NLM_F_ACK`
    private static let flags: UInt16 = 1 | 4
    private static let headerLength: UInt32 = 16

    /// A change of the discipline at an interface's root.
    static func request(_ action: Action, interface: UInt32) -> [UInt8] {
        let atRoot: UInt32 = 0xffff_ffff
        var body: [UInt8] = [UInt8](repeating: 0, count: 4)
        for word in [interface, 0, atRoot, 0] { body += word.littleEndianBytes }
        body += attribute(1, Array("plug".utf8) + [0])
        body += attribute(2, action.rawValue.littleEndianBytes + UInt32(0).littleEndianBytes)
        let length = headerLength + UInt32(body.count)
        let head: [UInt8] =
            length.littleEndianBytes + newQueueingDiscipline.littleEndianBytes + flags.littleEndianBytes
        return head + UInt32(1).littleEndianBytes + UInt32(0).littleEndianBytes + body
    }

    private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
        let padding = [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
        return UInt16(4 + value.count).littleEndianBytes + type.littleEndianBytes + value + padding
    }

    /// What an answer says went wrong; nil when it is the acknowledgement.
    static func error(in answer: ArraySlice<UInt8>) -> Errno? {
        guard answer.count >= Int(headerLength) + 4 else { return .badMessage }
        let bytes = Array(answer)
        guard UInt16(littleEndianBytes: bytes[4..<6]) == errorType else { return .badMessage }
        let code = Int32(bitPattern: UInt32(littleEndianBytes: bytes[16..<20]))
        return code == 0 ? nil : Errno(rawValue: code == .min ? EPROTO : -code)
    }
}
