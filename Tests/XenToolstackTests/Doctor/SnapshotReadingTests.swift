import Glibc
import Testing
import XenTypes

@testable import XenToolstack

/// What a snapshot is read from, as the kernel and upstream's `xl` write it.
@Suite struct SnapshotReadingTests {
    @Test func aProcessNameMayHoldAnything() throws {
        let rest = "S 12 1 1 0 -1 0 78 0 0 0 5 10 0 0 20 0 1 0 37622 2695168 221"
        let process = try #require(SeenProcess.parse(stat: "508 (x) R 1 (y) \(rest)"))
        #expect(process.identity == .init(id: 508, start: 37622))
        #expect(process.name == "x) R 1 (y" && process.state == "S" && process.parent == 12)
    }

    @Test(arguments: ["", "508", "508 (x", ")(", "508 (x) S 1", "a (x) S 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0"])
    func whatIsNoStatLineIsNone(text: String) { #expect(SeenProcess.parse(stat: text) == nil) }

    @Test func upstreamsMonitorTellsItsDomainInItsLog() {
        let log = """
            Waiting for domain a (domid 3) to die [pid 486]
            Domain 3 has shut down, reason code 1 0x1
            Waiting for domain b (domid 9) to die [pid 999]
            Waiting for domain a (domid 7) (domid 12) to die [pid 486]
            """
        #expect(SeenProcess.watched(by: 486, in: log) == DomainID(12))
        #expect(SeenProcess.watched(by: 1, in: log) == nil)
        #expect(SeenProcess.watched(by: 486, in: "Waiting for domain (domid x) to die [pid 486]") == nil)
    }

    @Test func locksAreFoundByTheirFile() {
        let text = """
            1: POSIX  ADVISORY  WRITE 298 00:15:657 0 EOF
            1: -> POSIX  ADVISORY  WRITE 299 00:15:657 0 EOF
            2: OFDLCK ADVISORY  WRITE -1 fe:01:12 0 EOF
            3: FLOCK  ADVISORY  WRITE 77 fe:01:99 0 EOF
            """
        #expect(
            FileReader.holders(in: text) == [
                .init(device: DeviceNumber(major: 0, minor: 0x15), inode: 657): 298,
                .init(device: DeviceNumber(major: 0xfe, minor: 1), inode: 99): 77,
            ])
        // makedev(0xfe, 1) and makedev(0x1234, 0x56789)
        #expect(DeviceNumber(0xfe01) == DeviceNumber(major: 0xfe, minor: 1))
        let large = dev_t(0x234) << 8 | dev_t(0x1000) << 32 | 0x89 | dev_t(0x567) << 20
        #expect(DeviceNumber(large) == DeviceNumber(major: 0x1234, minor: 0x56789))
    }

    @Test(arguments: [
        (".web.Ab3dEf", true), (".a.b.XXXXXX", true), ("web.Ab3dEf", false), (".Ab3dEf", false), (".web.Ab3d-f", false),
        (".web.Ab3dE", false),
    ])
    func namesOfUnfinishedSavesAreKnown(name: String, isOne: Bool) {
        #expect(FileReader.isTemporaryName(name) == isOne)
    }

    @Test func resourcesAreRead() {
        #expect(ResourceReader.fields(of: "MemTotal:  1424576 kB\nx\nMemAvailable: 7 kB\n")["MemAvailable"] == 7)
        let text =
            "some avg10=21.94 avg60=14.70 avg300=16.48 total=100\nfull avg10=0.00 avg60=1.50 avg300=2.00 total=0\n"
        #expect(ResourceReader.pressure("some", in: text) == .init(minute: 14.7, fiveMinutes: 16.48))
        #expect(ResourceReader.pressure("full", in: text) == .init(minute: 1.5, fiveMinutes: 2))
        let modules = Array("kernel/drivers/xen-netback.ko.xz: kernel/x.ko\nk/loop.ko:\nk/y.ko: a/tun.ko\n\0".utf8)
        #expect(
            ["xen-netback", "loop", "tun", "xen"].map { ResourceReader.lists(modules, $0) } == [
                true, true, true, false,
            ])
        #expect(LoopReader.numbers(mounts: "36 35 7:12 / /mnt rw - ext4 /dev/loop12 rw\n1 2 8:1 / /\n") == [12])
    }

    /// A message of RTM_NEWQDISC for an interface, with the discipline's name.
    private func discipline(_ interface: UInt32, parent: UInt32, _ kind: String) -> [UInt8] {
        let name = Array(kind.utf8) + [0]
        let attribute = UInt16(4 + name.count).littleEndianBytes + UInt16(1).littleEndianBytes + name
        let body =
            [UInt8](repeating: 0, count: 4) + [interface, 0x8001_0000, parent, 2].flatMap(\.littleEndianBytes)
            + attribute + [UInt8](repeating: 0, count: (4 - attribute.count % 4) % 4)
        return UInt32(16 + body.count).littleEndianBytes + UInt16(36).littleEndianBytes + UInt16(2).littleEndianBytes
            + [UInt8](repeating: 0, count: 8) + body
    }

    @Test func disciplinesAreReadFromTheKernelsAnswer() throws {
        let bytes =
            discipline(7, parent: RootDiscipline.atRoot, "plug") + discipline(8, parent: 0xffff_fff1, "ingress")
        let bodies = try #require(NetlinkMessage.split(bytes)).map { $0.dropFirst(NetlinkMessage.headerLength) }
        #expect(bodies.count == 2)
        let found = bodies.map(RootDiscipline.init)
        #expect(found[0]?.interface == 7 && found[0]?.kind == "plug" && found[1] == nil)
        for length in bytes.indices { _ = NetlinkMessage.split(Array(bytes[..<length])) }
        for length in 0..<bodies[0].count { _ = RootDiscipline(bodies[0].prefix(length)) }
    }

    @Test(arguments: [("plain-1.img", "plain-1.img"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'")])
    func wordsForTheShellAreQuoted(text: String, quoted: String) { #expect(text.quotedForShell == quoted) }
}
