import Glibc
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct NetlinkTests {
    private static func header(_ length: UInt8, _ type: UInt8, flags: [UInt8] = [5, 0]) -> [UInt8] {
        [length, 0, 0, 0, type, 0] + flags + [1, 0, 0, 0, 0, 0, 0, 0]
    }

    /// `struct ifinfomsg` and the attribute, as `ip link set` of iproute2 sends them.
    @Test(arguments: [
        (LinkChange.isUp(true), [0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0] as [UInt8]),
        (.isUp(false), [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
        (.mtu(1500), [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 4, 0, 0xdc, 5, 0, 0]),
        (.master(3), [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 10, 0, 3, 0, 0, 0]),
        (
            .address([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff]),
            [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 1, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0]
        ),
        (.name("lan"), [0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 3, 0, 108, 97, 110, 0]),
    ])
    func aChangeIsTheKernelsMessage(_ change: LinkChange, _ body: [UInt8]) {
        #expect(change.request(for: 7) == Self.header(UInt8(16 + body.count), 16) + body)
    }

    private static let bridge: [UInt8] =
        [0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        + [8, 0, 4, 0, 0x28, 0x23, 0, 0] + [8, 0, 10, 0, 2, 0, 0, 0]
        + [16, 0, 18, 0, 11, 0, 1, 0] + Array("bridge".utf8) + [0, 0]

    @Test func anInterfaceIsRead() throws {
        let link = try #require(NetworkLink((Self.header(0, 16) + Self.bridge)[...]))
        #expect(link == NetworkLink((Self.header(0, 16) + Self.bridge)[...]))
        #expect((link.index, link.mtu, link.master) == (3, 9000, 2))
        #expect(link.isBridge)
    }

    @Test(arguments: [0, 15, 16, 31, 32, 40])
    func halfAnInterfaceIsNone(_ count: Int) {
        let whole = Self.header(0, 16) + Self.bridge
        let link = NetworkLink(whole[..<count])
        #expect(count < 40 ? link == nil : link?.mtu == 9000 && link?.isBridge == false)
    }

    @Test func messagesAreToldApart() throws {
        let two = Self.header(17, 20) + [9, 0, 0, 0] + Self.header(20, 3) + [0, 0, 0, 0]
        let messages = try #require(NetlinkMessage.split(two))
        #expect(messages.map(\.count) == [17, 20])
        #expect(NetlinkMessage.split([]) == [])
    }

    @Test(arguments: [
        Array(header(16, 3).dropLast()), header(15, 3), header(17, 3),
        [255, 255, 255, 255] + [UInt8](repeating: 0, count: 12),
    ])
    func damagedLengthsAreRefused(_ bytes: [UInt8]) {
        #expect(NetlinkMessage.split(bytes) == nil)
    }

    @Test func attributesEndAtADamagedOne() {
        let bytes: [UInt8] = [8, 0, 4, 0, 1, 0, 0, 0, 3, 0, 5, 0, 8, 0, 6, 0, 1, 0, 0, 0]
        #expect(NetlinkMessage.attributes(in: bytes[...]).keys.sorted() == [4])
    }

    @Test func theLoopbackInterfaceIsThere() throws {
        let socket = try RouteSocket()
        let link = try #require(try socket.link(named: "lo"))
        #expect(link.index == if_nametoindex("lo") && link.mtu > 0 && !link.isBridge)
        #expect(try socket.link(named: "no-such-one") == nil)
        #expect(try socket.link(named: String(repeating: "x", count: 40)) == nil)
    }
}
