import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DiskSharingTests {
    private static let disk = DeviceNumber(major: 7, minor: 10)
    private static let other = DeviceNumber(major: 7, minor: 1)

    @Test(
        arguments: [
            ("r", .read), ("ro", .read), ("w", .write), ("rw", .write), ("w!", .writeUnchecked),
            ("!w", .writeUnchecked),
            ("", .read),
        ] as [(String, DiskSharing.Mode)])
    func modesAreRead(_ text: String, _ mode: DiskSharing.Mode) { #expect(DiskSharing.Mode(text) == mode) }

    struct Case: Sendable {
        var mode = DiskSharing.Mode.write
        var mounted: [MountedDevice] = []
        var uses: [DiskSharing.Use] = []
        var isSame = false
        var words: String?
    }

    private static func use(_ mode: DiskSharing.Mode, device: String = "7:a") -> DiskSharing.Use {
        DiskSharing.Use(domain: DomainID(5), disk: "51712", device: device, mode: mode)
    }

    @Test(arguments: [
        Case(),
        Case(mounted: [MountedDevice(device: other, isReadOnly: false)], uses: [use(.write, device: "7:1")]),
        Case(mounted: [MountedDevice(device: disk, isReadOnly: true)], words: "mounted"),
        Case(mode: .read, mounted: [MountedDevice(device: disk, isReadOnly: true)]),
        Case(mode: .read, mounted: [MountedDevice(device: disk, isReadOnly: false)], words: "mounted"),
        Case(mode: .writeUnchecked, mounted: [MountedDevice(device: disk, isReadOnly: false)], uses: [use(.write)]),
        Case(uses: [use(.read)], words: "domain 5 reads it (vbd 51712)"),
        Case(uses: [use(.write)], words: "domain 5 writes to it (vbd 51712)"),
        Case(uses: [use(.write)], isSame: true),
        Case(mode: .read, uses: [use(.read)]),
        Case(mode: .read, uses: [use(.write)], words: "writes"),
        Case(uses: [use(.writeUnchecked)], words: "writes"),
        Case(uses: [use(.write, device: "")]),
    ])
    func twoThatWriteToOneAreRefused(_ item: Case) throws {
        let obstacle = try DiskSharing.obstacle(
            [Self.disk], mode: item.mode, mounted: item.mounted, uses: item.uses
        ) { _ in item.isSame }
        guard let words = item.words else {
            #expect(obstacle == nil)
            return
        }
        #expect(obstacle?.contains(words) == true, "\(obstacle ?? "nothing")")
    }

    @Test func aNumberIsWrittenInHexadecimalDigits() {
        #expect("\(Self.disk)" == "7:a")
        // makedev(259, 300) of glibc.
        #expect(DeviceNumber((259 << 8 | (300 & 0xff) | (300 & ~0xff) << 12)) == DeviceNumber(major: 259, minor: 300))
    }

    @Test func blanksInMountsAreRead() {
        #expect(
            LinuxStorage.unescaped(Array("/dev/a\\040b\\0".utf8)[...]).map { UInt8(bitPattern: $0) }
                == Array("/dev/a b\\0\0".utf8))
    }
}
