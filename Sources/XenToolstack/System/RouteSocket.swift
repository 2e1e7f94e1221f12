import Glibc
import SystemPackage
import XenTypes

/// The kernel's interface to network interfaces and their queueing disciplines (`linux/netlink.h`,
/// `linux/rtnetlink.h`): single requests, and answers read to their end.
final class RouteSocket: Sendable {
    private let socket: FileDescriptor

    init() throws(Errno) {
        let number = Glibc.socket(AF_NETLINK, CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), Self.route)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        socket = FileDescriptor(rawValue: number)
        // The kernel answers at once; nothing waits for ever should it not.
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { try? socket.close() }

    /// `NETLINK_ROUTE`
    private static let route: CInt = 0

    /// The types of messages that are used here.
    enum MessageType {
        static let error: UInt16 = 2
        static let done: UInt16 = 3
        static let deleteLink: UInt16 = 17
        static let newDiscipline: UInt16 = 36
        static let getDisciplines: UInt16 = 38
    }

    private enum Flags {
        static let request: UInt16 = 1
        static let acknowledge: UInt16 = 4
        static let dump: UInt16 = 0x300
    }

    private static let headerLength = 16
    /// Where a discipline stands that is the interface's own.
    static let atRoot: UInt32 = 0xffff_ffff

    /// Removes an interface that a process or an administrator made.
    func deleteInterface(_ index: UInt32) throws(Errno) {
        // struct ifinfomsg: family and padding, type, index, flags, change mask.
        let body = [UInt32(0), index, 0, 0].flatMap(\.littleEndianBytes)
        try send(MessageType.deleteLink, Flags.request | Flags.acknowledge, body)
        for message in Self.messages(in: try receive()) where message.type == MessageType.error {
            let code = Int32(bitPattern: UInt32(littleEndianBytes: message.body.prefix(4)))
            guard code == 0 else { throw Errno(rawValue: code == .min ? EPROTO : -code) }
        }
    }

    /// Tells of the discipline at the root of every interface.
    func dumpDisciplines(_ tell: (UInt32, String) -> Void) throws(Errno) {
        // struct tcmsg: family and padding, interface, handle, parent, info.
        try send(
            MessageType.getDisciplines, Flags.request | Flags.dump, [UInt8](repeating: 0, count: 20))
        while true {
            let messages = Self.messages(in: try receive())
            if messages.isEmpty { return }
            for message in messages {
                guard message.type == MessageType.newDiscipline else { return }
                if let found = Self.discipline(message.body) { tell(found.interface, found.kind) }
            }
        }
    }

    struct Message: Hashable {
        var type: UInt16
        var body: [UInt8]
    }

    /// The messages of an answer; one that is cut off, and what follows it, is left out.
    static func messages(in bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        var rest = bytes[...]
        while rest.count >= headerLength {
            let length = Int(UInt32(littleEndianBytes: rest.prefix(4)))
            guard length >= headerLength, length <= rest.count else { break }
            let type = UInt16(littleEndianBytes: rest.dropFirst(4).prefix(2))
            messages.append(Message(type: type, body: Array(rest.prefix(length).dropFirst(headerLength))))
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return messages
    }

    /// What a message says of a discipline at an interface's root; nil for others.
    static func discipline(_ body: [UInt8]) -> (interface: UInt32, kind: String)? {
        guard body.count > 20, UInt32(littleEndianBytes: body[12..<16]) == atRoot else { return nil }
        var rest = body[20...]
        while rest.count >= 4 {
            let length = Int(UInt16(littleEndianBytes: rest.prefix(2)))
            guard length >= 4, length <= rest.count else { return nil }
            // TCA_KIND
            if UInt16(littleEndianBytes: rest.dropFirst(2).prefix(2)) == 1 {
                let name = rest.prefix(length).dropFirst(4).prefix { $0 != 0 }
                return (UInt32(littleEndianBytes: body[4..<8]), String(decoding: name, as: UTF8.self))
            }
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return nil
    }

    private func send(_ type: UInt16, _ flags: UInt16, _ body: [UInt8]) throws(Errno) {
        let length = UInt32(Self.headerLength + body.count)
        let message =
            length.littleEndianBytes + type.littleEndianBytes + flags.littleEndianBytes
            + UInt32(1).littleEndianBytes + UInt32(0).littleEndianBytes + body
        let sent = message.withUnsafeBytes { Glibc.send(socket.rawValue, $0.baseAddress, $0.count, 0) }
        guard sent == message.count else { throw Errno(rawValue: errno) }
    }

    private func receive() throws(Errno) -> [UInt8] {
        var answer = [UInt8](repeating: 0, count: 1 << 16)
        let count = answer.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw Errno(rawValue: errno) }
        return Array(answer[..<count])
    }
}
