import Testing

@testable import DomainModel

@Suite struct VirtualDeviceTests {
    @Test(arguments: [
        ("xvda", 51712, 0, 0), ("xvda1", 51713, 0, 1), ("xvdb", 51728, 1, 0), ("xvdp15", 51967, 15, 15),
        ("xvdq", 268439552, 16, 0), ("xvda16", 268435472, 0, 16), ("xvdaa", 268442112, 26, 0),
        ("d0p0", 51712, 0, 0), ("d16p0", 268439552, 16, 0), ("d0x10p010", 268439560, 16, 8),
        ("hda", 768, 0, 0), ("hdb", 832, 1, 0), ("hdc", 5632, 2, 0), ("hdd63", 5759, 3, 63),
        ("sda", 2048, 0, 0), ("sdp15", 2303, 15, 15), ("d1048575p255", 536870911, 1_048_575, 255),
    ])
    func named(name: String, number: Int32, disk: Int, partition: Int) throws {
        let device = try #require(VirtualDevice(name))
        #expect(device.number == number)
        #expect(device.disk == disk)
        #expect(device.partition == partition)
    }

    @Test(arguments: [("51712", 51712), ("0xca00", 51712), ("0145000", 51712), ("0", 0), ("2147483647", Int32.max)])
    func numbered(name: String, number: Int32) throws {
        let device = try #require(VirtualDevice(name))
        #expect(device.number == number)
        #expect(device.disk == nil)
    }

    @Test(arguments: [
        "", "xvd", "xvd1", "xvda0", "xvda01", "xvda256", "xvdA", "hde", "hda64", "sdq", "sda16", "hd", "d1", "d1p",
        "dp1", "d-1p0", "d1p256", "d1048576p0", "2147483648", "0x", "08", "-1", "+1", "xvda 1", " xvda", "vda",
        "99999999999999999999999", "xvdzzzzzzzzzzzzzzzz", "d99999999999999999999p0", "0xg", "é",
    ])
    func refused(name: String) { #expect(VirtualDevice(name) == nil) }

    @Test(arguments: [
        ("xvda", "xvda"), ("xvdb3", "xvdb3"), ("hdc", "xvda"), ("sdb2", "xvdb2"), ("xvdq", "xvdq"),
        ("xvda16", "xvda16"), ("xvdaa", "xvdaa"), ("xvdzz", "xvdzz"), ("xvdaaa7", "xvdaaa7"),
    ])
    func linuxNames(name: String, linuxName: String) throws {
        let device = try #require(VirtualDevice(name))
        #expect(VirtualDevice.linuxName(number: device.number) == linuxName)
    }

    @Test func everyNumberHasALinuxName() {
        for number in [Int32.min, -1, 0, 1, Int32.max] { #expect(!VirtualDevice.linuxName(number: number).isEmpty) }
    }
}
