import Glibc
import SystemPackage
import XenTypes

/// What the kernel says of a network interface.
struct NetworkLink: Sendable, Hashable {
    var index: UInt32
    /// Bytes.
    var mtu: UInt32
    /// The interface whose port it is, a bridge for example; nil when it is nobody's.
    var master: UInt32?
    var isBridge: Bool

    /// - Parameter message: the kernel's answer to `RTM_GETLINK`, with its header.
    init?(_ message: ArraySlice<UInt8>) {
        guard message.count >= NetlinkMessage.headerLength + Self.headerLength else { return nil }
        let body = message.dropFirst(NetlinkMessage.headerLength)
        index = UInt32(littleEndianBytes: body.dropFirst(4).prefix(4))
        let attributes = NetlinkMessage.attributes(in: body.dropFirst(Self.headerLength))
        func number(_ type: UInt16) -> UInt32? {
            attributes[type].flatMap { $0.count == 4 ? UInt32(littleEndianBytes: $0) : nil }
        }
        guard index != 0, let mtu = number(Attribute.mtu) else { return nil }
        self.mtu = mtu
        master = number(Attribute.master)
        let information = attributes[Attribute.information].map(NetlinkMessage.attributes) ?? [:]
        // `IFLA_INFO_KIND`
        isBridge = information[1].map { Array($0.prefix { $0 != 0 }) } == Array("bridge".utf8)
    }

    /// That of `struct ifinfomsg`.
    static let headerLength = 16

    /// `IFLA_*` of `linux/if_link.h`.
    enum Attribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let master: UInt16 = 10
        static let information: UInt16 = 18
    }
}

/// A change of a network interface. Each is made by itself, so that what failed is known.
enum LinkChange: Sendable, Hashable {
    case isUp(Bool)
    case address([UInt8])
    /// Bytes.
    case mtu(UInt32)
    case name(String)
    /// The bridge whose port it becomes; 0 for none.
    case master(UInt32)

    /// The request `RTM_NEWLINK`.
    func request(for index: UInt32) -> [UInt8] {
        var flags: UInt32 = 0
        var mask: UInt32 = 0
        var attributes: [UInt8] = []
        switch self {
        case .isUp(let isUp):
            // `IFF_UP`
            mask = 1
            flags = isUp ? 1 : 0
        case .address(let bytes): attributes = NetlinkMessage.attribute(NetworkLink.Attribute.address, bytes)
        case .mtu(let bytes):
            attributes = NetlinkMessage.attribute(NetworkLink.Attribute.mtu, bytes.littleEndianBytes)
        case .name(let name):
            attributes = NetlinkMessage.attribute(NetworkLink.Attribute.name, name.unescapedBytes + [0])
        case .master(let bridge):
            attributes = NetlinkMessage.attribute(NetworkLink.Attribute.master, bridge.littleEndianBytes)
        }
        return NetlinkMessage.request(RouteSocket.newLink, RouteSocket.link(index, flags, mask) + attributes)
    }
}

/// The queueing discipline that an interface's packets go through.
struct RootDiscipline: Sendable, Hashable {
    var interface: UInt32
    /// Such as "plug".
    var kind: String

    /// That of `struct tcmsg`: family and padding, interface, handle, parent, information.
    static let headerLength = 20
    /// `TC_H_ROOT`
    static let atRoot: UInt32 = 0xffff_ffff

    /// - Parameter body: a message about a discipline, without its header.
    /// - Returns: nil for one that is not an interface's own.
    init?(_ body: ArraySlice<UInt8>) {
        guard body.count > Self.headerLength,
            UInt32(littleEndianBytes: body.dropFirst(12).prefix(4)) == Self.atRoot,
            // `TCA_KIND`
            let name = NetlinkMessage.attributes(in: body.dropFirst(Self.headerLength))[1]
        else { return nil }
        interface = UInt32(littleEndianBytes: body.dropFirst(4).prefix(4))
        kind = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
}

/// A connection to the kernel's network configuration.
final class RouteSocket: Sendable {
    /// `RTM_*`
    static let newLink: UInt16 = 16
    private static let deleteLink: UInt16 = 17
    private static let getLink: UInt16 = 18
    private static let deleteAddress: UInt16 = 21
    private static let getAddresses: UInt16 = 22
    private static let getDisciplines: UInt16 = 38

    private let socket: FileDescriptor

    init() throws(Errno) {
        // `NETLINK_ROUTE` is 0.
        let number = Glibc.socket(AF_NETLINK, CInt(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        socket = FileDescriptor(rawValue: number)
        // The kernel then gives the addresses of the interface that is asked for, and no others
        // (`NETLINK_GET_STRICT_CHK` at `SOL_NETLINK`); one that cannot gives them all.
        var isStrict: CInt = 1
        setsockopt(number, 270, 12, &isStrict, socklen_t(MemoryLayout<CInt>.size))
        // The kernel answers at once; nothing waits for ever should it not.
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { try? socket.close() }

    /// Has the kernel do something; returns when it is done.
    func perform(_ request: [UInt8]) throws(Errno) {
        try send(request)
        if let error = NetlinkMessage.error(in: try receive()[...]) { throw error }
    }

    /// - Returns: nil when there is no interface of that name.
    func link(named name: String) throws(Errno) -> NetworkLink? {
        let attribute = NetlinkMessage.attribute(NetworkLink.Attribute.name, name.unescapedBytes + [0])
        try send(
            NetlinkMessage.request(Self.getLink, flags: NetlinkMessage.Flags.request, Self.link(0, 0, 0) + attribute))
        let answer = try receive()
        guard let message = NetlinkMessage.split(answer)?.first else { throw .badMessage }
        guard UInt16(littleEndianBytes: message.dropFirst(4).prefix(2)) != NetlinkMessage.errorType else {
            // A name that no interface can have is nobody's.
            guard let error = NetlinkMessage.error(in: message) else { throw .badMessage }
            if [ENODEV, ERANGE, EINVAL].contains(error.rawValue) { return nil }
            throw error
        }
        guard let link = NetworkLink(message) else { throw .badMessage }
        return link
    }

    func change(_ link: UInt32, _ change: LinkChange) throws(Errno) { try perform(change.request(for: link)) }

    /// Removes an interface that a process or an administrator made.
    func remove(_ link: UInt32) throws(Errno) {
        try perform(NetlinkMessage.request(Self.deleteLink, Self.link(link, 0, 0)))
    }

    /// Takes all addresses from an interface.
    func removeAddresses(of index: UInt32) throws(Errno) {
        // `struct ifaddrmsg`: family, length, flags, scope, index.
        let wanted: [UInt8] = [0, 0, 0, 0] + index.littleEndianBytes
        let found = try list(Self.getAddresses, wanted).filter { body in
            body.count >= wanted.count && body.dropFirst(4).prefix(4).elementsEqual(wanted.dropFirst(4))
        }
        for address in found { try perform(NetlinkMessage.request(Self.deleteAddress, Array(address))) }
    }

    /// The queueing disciplines at the roots of all interfaces.
    func rootDisciplines() throws(Errno) -> [RootDiscipline] {
        // `struct tcmsg` for all interfaces.
        try list(Self.getDisciplines, [UInt8](repeating: 0, count: RootDiscipline.headerLength)).compactMap(
            RootDiscipline.init)
    }

    /// The bodies of all messages of a list.
    private func list(_ type: UInt16, _ body: [UInt8]) throws(Errno) -> [ArraySlice<UInt8>] {
        try send(
            NetlinkMessage.request(type, flags: NetlinkMessage.Flags.request | NetlinkMessage.Flags.list, body))
        var bodies: [ArraySlice<UInt8>] = []
        while true {
            guard let messages = NetlinkMessage.split(try receive()), !messages.isEmpty else { throw .badMessage }
            for message in messages {
                switch UInt16(littleEndianBytes: message.dropFirst(4).prefix(2)) {
                case NetlinkMessage.endType: return bodies
                case NetlinkMessage.errorType: throw NetlinkMessage.error(in: message) ?? .badMessage
                default: bodies.append(message.dropFirst(NetlinkMessage.headerLength))
                }
            }
        }
    }

    /// `struct ifinfomsg`
    static func link(_ index: UInt32, _ flags: UInt32, _ mask: UInt32) -> [UInt8] {
        [0, 0, 0, 0] + index.littleEndianBytes + flags.littleEndianBytes + mask.littleEndianBytes
    }

    private func send(_ request: [UInt8]) throws(Errno) {
        let sent = request.withUnsafeBytes { Glibc.send(socket.rawValue, $0.baseAddress, $0.count, 0) }
        guard sent == request.count else { throw Errno(rawValue: errno) }
    }

    private func receive() throws(Errno) -> [UInt8] {
        // The kernel gives lists in parts of at most 32 KiB.
        var answer = [UInt8](repeating: 0, count: 1 << 15)
        while true {
            let count = answer.withUnsafeMutableBytes { recv(socket.rawValue, $0.baseAddress, $0.count, 0) }
            if count >= 0 { return Array(answer[..<count]) }
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }
}
