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
    private let socket: RouteSocket

    /// - Throws: when there is no such interface.
    init(_ name: String) throws(Errno) {
        interface = if_nametoindex(name)
        guard interface != 0 else { throw Errno(rawValue: errno) }
        socket = try RouteSocket()
    }

    /// Has the kernel do it; returns when it is done.
    func perform(_ action: Action) throws(Errno) { try socket.perform(Self.request(action, interface: interface)) }

    /// `RTM_NEWQDISC`
    private static let newQueueingDiscipline: UInt16 = 36

    /// A change of the discipline at an interface's root.
    static func request(_ action: Action, interface: UInt32) -> [UInt8] {
        let atRoot: UInt32 = 0xffff_ffff
        var body: [UInt8] = [UInt8](repeating: 0, count: 4)
        for word in [interface, 0, atRoot, 0] { body += word.littleEndianBytes }
        body += NetlinkMessage.attribute(1, Array("plug".utf8) + [0])
        body += NetlinkMessage.attribute(2, action.rawValue.littleEndianBytes + UInt32(0).littleEndianBytes)
        return NetlinkMessage.request(newQueueingDiscipline, body)
    }
}
