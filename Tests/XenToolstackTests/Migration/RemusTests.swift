import Glibc
import SystemPackage
import Testing

@testable import XenToolstack

@Suite struct PlugQueueTests {
    /// `linux/netlink.h`, `linux/rtnetlink.h`, `linux/pkt_sched.h`.
    @Test func aRequestIsTheKernels() {
        let request = PlugQueue.request(.releaseOne, interface: 0x102)
        let message: [[UInt8]] = [
            [60, 0, 0, 0, 36, 0, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
            [9, 0, 1, 0] + Array("plug".utf8) + [0, 0, 0, 0],
            [12, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        ]
        #expect(request == message.flatMap(\.self))
    }

    @Test(arguments: [
        (0, nil), (-ENOENT, Errno.noSuchFileOrDirectory), (Int32.min, Errno(rawValue: EPROTO)),
    ])
    func anAnswersErrorIsFound(_ code: Int32, _ error: Errno?) {
        let head: [UInt8] = [36, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        #expect(NetlinkMessage.error(in: (head + code.littleEndianBytes)[...]) == error)
    }

    @Test(arguments: [0, 4, 19]) func halfAnAnswerIsNone(_ count: Int) {
        #expect(NetlinkMessage.error(in: [UInt8](repeating: 2, count: count)[...]) == .badMessage)
    }

    @Test func thereIsNoSuchInterface() {
        #expect(throws: Errno.self) { _ = try PlugQueue("no-such-one") }
    }
}

@Suite struct CheckpointReaderTests {
    private static let pairs = [LibxlRecord.StorePair(path: "physmap/1/name", value: "vga")]

    private func checkpoint(_ state: String) throws -> [UInt8] {
        let body = Array(state.utf8)
        return try #require(LibxlRecord.emulatorStoreData(.qemu, Self.pairs).encoded())
            + (try #require(LibxlRecord.emulatorContext(.qemu, length: UInt64(body.count)).encoded())) + body
            + LibxlRecord.paddingAfterContext(of: UInt64(body.count))
            + (try #require(LibxlRecord.checkpointEnd.encoded()))
    }

    /// A reader of what comes through a pipe and then ends, and where it puts the state.
    private func read(
        _ bytes: [UInt8], isEmulated: Bool = true, _ body: (CheckpointReader, FilePath) throws -> Void
    ) throws {
        var template = Array("/tmp/checkpoints.XXXXXX".utf8CString)
        let file = FilePath(String(cString: try #require(mkdtemp(&template)))).appending("state")
        defer {
            for name in ["state", "state.next", ""] { remove(file.removingLastComponent().appending(name).string) }
        }
        let pipe = try Pipe()
        _ = try pipe.writeEnd.writeAll(LibxlStream.header() + bytes)
        pipe.closeWriteEnd()
        let reader = try LibxlStreamReader(StreamReader(DescriptorSource(descriptor: pipe.readEnd)))
        try body(CheckpointReader(reader, deviceModelState: isEmulated ? file : nil), file)
    }

    private func text(_ file: FilePath) throws -> String? {
        try Files.read(file, limit: 100).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theLastCompleteCheckpointCounts() throws {
        let whole = try checkpoint("first") + checkpoint("second")
        let third = try checkpoint("third")
        // Wherever the third is cut off.
        for count in 0..<third.count {
            try read(whole + third[..<count]) { (reader, file) throws in
                #expect(try reader.read())
                #expect(try text(file) == "first")
                #expect(try reader.read())
                #expect(try reader.read() == false)
                #expect(try text(file) == "second")
                #expect(reader.storeData == Self.pairs)
                #expect(try text(FilePath("\(file).next")) == nil)
            }
        }
    }

    @Test func aDomainWithoutADeviceModelHasNoStateOfOne() throws {
        let end = try #require(LibxlRecord.checkpointEnd.encoded())
        try read(end + end + checkpoint("first"), isEmulated: false) { (reader, file) throws in
            #expect(try reader.read())
            #expect(try reader.read())
            #expect(throws: ToolstackError.self) { _ = try reader.read() }
            #expect(try text(file) == nil)
        }
    }

    /// A copy must not go on because of what its sender, who lives, has sent in error.
    @Test(arguments: [LibxlRecord.end, .libxcContext, .checkpointState(0)])
    func whatIsNoCheckpointIsNoEnd(_ record: LibxlRecord) throws {
        try read(try #require(record.encoded())) { (reader, _) throws in
            #expect(throws: ToolstackError.self) { _ = try reader.read() }
        }
    }
}
