import Glibc
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

/// A source that hands out its bytes in pieces of a few, and notes the largest request.
private struct DrippingSource: ByteSource {
    var rest: ArraySlice<UInt8>
    var generator = SystemRandomNumberGenerator()

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = rest.prefix(Int.random(in: 1...7, using: &generator)).prefix(buffer.count)
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}

@Suite struct SaveFileHeaderTests {
    private func read(_ bytes: [UInt8]) throws(StreamError) -> (SaveFileHeader, SaveFileHeader.Info, UInt64) {
        var reader = StreamReader(DrippingSource(bytes))
        let (header, info) = try SaveFileHeader.read(from: &reader)
        return (header, info, reader.offset)
    }

    private func encoded(_ header: SaveFileHeader) throws -> [UInt8] { try #require(header.encoded()).bytes }

    @Test func whatIsWrittenIsReadAgain() throws {
        for _ in 0..<200 {
            let text = (0..<Int.random(in: 1...300)).map { _ in UInt8.random(in: 1...255) }
            let header = SaveFileHeader(
                configuration: [.none, .json(text), .text(text)].randomElement() ?? .none, isVersion2: Bool.random())
            let bytes = try encoded(header)
            let (again, info, offset) = try read(bytes + [1, 2, 3])
            #expect(again == header)
            #expect(info == header.encoded()?.info)
            #expect(offset == UInt64(bytes.count), "it reads what follows")
        }
    }

    @Test func isUpstreamsToTheByte() throws {
        let (bytes, info) = try #require(SaveFileHeader(configuration: .json(Array("{}".utf8))).encoded())
        let magic = Array("Xen saved domain, xl format\n".utf8) + [0x20, 0, 0x20, 0x0d]
        #expect(
            bytes == magic + [4, 3, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0] + [3, 0, 0, 0] + Array("{}\0".utf8))
        #expect("\(info)" == "0x3/0x0/7")
    }

    @Test func dataThatNobodyKnowsIsPassedOver() throws {
        var bytes = try encoded(SaveFileHeader(configuration: .json(Array("{}".utf8))))
        bytes[44] += 100
        let (header, _, offset) = try read(bytes + [UInt8](repeating: 9, count: 100) + [7])
        #expect(header.configuration == .json(Array("{}".utf8)))
        #expect(offset == UInt64(bytes.count) + 100)
    }

    @Test func everyTruncationIsFoundAtItsPlace() throws {
        let bytes = try encoded(SaveFileHeader(configuration: .json(Array("{}".utf8))))
        for count in 0..<bytes.count {
            #expect { try read(Array(bytes[..<count])) } throws: { ($0 as? StreamError)?.offset == UInt64(count) }
        }
    }

    @Test(arguments: [
        (32, [1, 2, 3, 4], "another byte order"), (32, [9, 9, 9, 9], "byte order is unknown"),
        (36, [7, 0, 0, 0], "flags 0x4"), (0, [0x59], "does not begin"), (44, [3, 0, 0, 0], "no room"),
        (48, [4, 0, 0, 0], "cannot be in"), (48, [0xff, 0xff, 0xff, 0xff], "cannot be in"),
    ])
    func whatIsWrongIsNamed(_ offset: Int, _ replacement: [UInt8], _ words: String) throws {
        var bytes = try encoded(SaveFileHeader(configuration: .json(Array("{}".utf8))))
        bytes.replaceSubrange(offset..<offset + replacement.count, with: replacement)
        #expect { try read(bytes) } throws: { "\($0)".contains(words) }
    }

    /// A length of 4 GiB with a few bytes behind it ends at once, without memory for it.
    @Test func lengthsThatLieTakeNoMemory() throws {
        var bytes = try encoded(SaveFileHeader(configuration: .json(Array("{}".utf8))))
        bytes.replaceSubrange(44..<48, with: [0xff, 0xff, 0xff, 0xff])
        bytes.replaceSubrange(48..<52, with: [0, 0, 0, 4])
        #expect { try read(bytes) } throws: { ($0 as? StreamError)?.offset == UInt64(bytes.count) }
    }
}

@Suite struct LibxlStreamTests {
    private func reader(_ bytes: [UInt8]) throws(StreamError) -> LibxlStreamReader<DrippingSource> {
        try LibxlStreamReader(StreamReader(DrippingSource(LibxlStream.header() + bytes)))
    }

    private static let pairs = [
        LibxlRecord.StorePair(path: "physmap/f0000000/start_addr", value: "f0000000"),
        LibxlRecord.StorePair(path: "physmap/f0000000/name", value: ""),
    ]

    @Test func theHeaderIsUpstreamsToTheByte() {
        #expect(LibxlStream.header() == Array("LibxlFmt".utf8) + [0, 0, 0, 2, 0, 0, 0, 0])
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        for _ in 0..<100 {
            let state = (0..<Int.random(in: 0...100)).map { _ in UInt8.random(in: 0...255) }
            let records: [LibxlRecord] = [
                .libxcContext, .emulatorStoreData(.qemu, Self.pairs), .emulatorStoreData(.qemu, []),
                .emulatorContext(.qemu, length: UInt64(state.count)), .checkpointEnd, .checkpointState(3), .end,
            ].shuffled()
            var bytes: [UInt8] = []
            for record in records {
                bytes += try #require(record.encoded())
                if case .emulatorContext = record {
                    bytes += state + LibxlRecord.paddingAfterContext(of: UInt64(state.count))
                }
                #expect(bytes.count % 8 == 0)
            }
            var reader = try reader(bytes)
            for record in records {
                #expect(try reader.next() == record)
                if case .emulatorContext = record, Bool.random() {
                    var taken: [UInt8] = []
                    while let piece = try reader.nextOfContext() { taken += piece }
                    #expect(taken == state)
                }
            }
            while try reader.nextOfContext() != nil {}
            #expect(reader.offset == UInt64(16 + bytes.count))
        }
    }

    @Test func optionalRecordsThatAreUnknownArePassedOver() throws {
        var reader = try reader([5, 0, 0, 0x80, 3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8))
        #expect(try reader.next() == .end)
    }

    @Test(arguments: [
        ([6, 0, 0, 0, 0, 0, 0, 0], "unknown type 0x6"), ([0, 0, 0, 0, 1, 0, 0, 0], "cannot be 1"),
        ([2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], "cannot be 4294967295"), ([3, 0, 0, 0, 7, 0, 0, 0], "cannot be 7"),
        ([5, 0, 0, 0, 8, 0, 0, 0], "cannot be 8"), ([1, 0, 0, 0], "ends within a record's header"),
        ([2, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0, 0, 0, 0, 0], "cut off"),
        ([2, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0x62, 0, 0, 0, 0, 0], "cannot be"),
    ])
    func whatIsWrongIsNamed(_ bytes: [UInt8], _ words: String) throws {
        var reader = try reader(bytes)
        #expect { try reader.next() } throws: { "\($0)".contains(words) }
    }

    @Test(arguments: [
        (0, 0x4d, "no libxl stream"), (11, 1, "version 1"), (11, 3, "version 3"),
        (15, 1, "another byte order"), (15, 4, "unknown options 0x4"),
    ])
    func headersOfOthersAreRefused(_ offset: Int, _ value: UInt8, _ words: String) {
        var bytes = LibxlStream.header()
        bytes[offset] = value
        #expect { try LibxlStreamReader(StreamReader(ByteArraySource(bytes))) } throws: { "\($0)".contains(words) }
    }

    @Test func versionOneIsRefusedWithTheConvertersName() {
        var bytes = LibxlStream.header()
        bytes[11] = 1
        #expect { try LibxlStreamReader(StreamReader(ByteArraySource(bytes))) } throws: {
            ($0 as? StreamError)?.remedy?.contains("convert-legacy-stream") == true
        }
        #expect { try SaveFileHeader(configuration: .none, isVersion2: false).requireVersion2(of: "x") } throws: {
            "\($0)".contains("convert-legacy-stream")
        }
    }
}

@Suite struct LibxcStreamTests {
    private func beginning(_ major: UInt32, _ minor: UInt32) -> [UInt8] {
        let record: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0]
        let image =
            [UInt8](repeating: 0xFF, count: 8) + Array("XENF".utf8) + [0, 0, 0, 3] + [UInt8](repeating: 0, count: 8)
        let domain: [UInt8] = [2, 0, 0, 0, 12, 0, 0, 0] + major.littleEndianBytes + minor.littleEndianBytes
        return LibxlStream.header() + record + image + domain
    }

    @Test func theSaversReleaseIsInItsBeginning() {
        let bytes = beginning(4, 20)
        #expect(bytes.count == LibxcStream.beginningLength)
        #expect(LibxcStream.saver(in: bytes) == XenRelease(4, 20))
        #expect(LibxcStream.saver(in: beginning(0, 0)) == nil, "converted from a stream of before 4.6")
        #expect(LibxcStream.saver(in: bytes.dropLast()) == nil)
        for place in [24, 32] {
            var other = bytes
            other[place] ^= 1
            #expect(LibxcStream.saver(in: other) == nil)
        }
    }

    /// From a file, behind what has been read of it; from a socket; not from a pipe.
    @Test func aNewerSaversImageIsRefusedAndStaysWhole() throws {
        let bytes = beginning(4, 20)
        let path = "/tmp/swift-xl-stream-\(getpid())"
        let file = try FileDescriptor.open(
            FilePath(path), .readWrite, options: [.create, .truncate], permissions: FilePermissions(rawValue: 0o600))
        unlink(path)
        defer { try? file.close() }
        try file.writeAll([1, 2, 3] + bytes)
        #expect(lseek(file.rawValue, 3, SEEK_SET) == 3)
        var sockets: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &sockets) == 0)
        let (near, far) = (FileDescriptor(rawValue: sockets[0]), FileDescriptor(rawValue: sockets[1]))
        defer {
            try? near.close()
            try? far.close()
        }
        try far.writeAll(bytes)
        let pipe = try FileDescriptor.pipe()
        defer {
            try? pipe.readEnd.close()
            try? pipe.writeEnd.close()
        }
        try pipe.writeEnd.writeAll(bytes)
        for (descriptor, canLook) in [(file, true), (near, true), (pipe.readEnd, false)] {
            let image = SavedImage(stream: try StreamDescriptor(duplicating: descriptor, for: .reading))
            defer { image.stream.close() }
            try image.requireRelease(upTo: XenRelease(4, 20))
            if canLook {
                let error = #expect(throws: ToolstackError.self) { try image.requireRelease(upTo: XenRelease(4, 17)) }
                let text = error.map { "\($0)" } ?? ""
                #expect(text.contains("Xen 4.20") && text.contains("older 4.17"), "\(text)")
            } else {
                try image.requireRelease(upTo: XenRelease(4, 17))
            }
            var read = [UInt8](repeating: 0, count: bytes.count)
            #expect(try read.withUnsafeMutableBytes { try descriptor.read(into: $0) } == bytes.count)
            #expect(read == bytes)
        }
    }
}
