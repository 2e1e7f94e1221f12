/// libxl's migration stream, version 2: a header, then records, one of which is followed by libxc's own stream
/// (`docs/specs/libxl-migration-stream.pandoc` in Xen's source).
package enum LibxlStream {
    /// "LibxlFmt".
    static let identifier: UInt64 = 0x4c69_6278_6c46_6d74
    static let version: UInt32 = 2
    static let headerLength = 16
    private static let bigEndianOption: UInt32 = 1 << 0
    private static let legacyOption: UInt32 = 1 << 1

    /// The header that a stream begins with, big-endian throughout.
    package static func header() -> [UInt8] {
        identifier.littleEndianBytes.reversed() + version.littleEndianBytes.reversed() + [0, 0, 0, 0]
    }

    static func readHeader(from reader: inout StreamReader<some ByteSource>) throws(StreamError) {
        let start = reader.offset
        let bytes = try reader.bytes(headerLength, of: "the stream's header")
        guard UInt64(littleEndianBytes: bytes[..<8].reversed()) == identifier else {
            throw StreamError(
                at: start, "no libxl stream begins here", remedy: "the file is damaged, or of another tool")
        }
        let found = UInt32(littleEndianBytes: bytes[8..<12].reversed())
        guard found == version else {
            throw StreamError(
                at: start + 8, "the stream has version \(found)",
                remedy: found < version ? converterAdvice : "it was made by a newer release: restore it with that")
        }
        let options = UInt32(littleEndianBytes: bytes[12..<16].reversed())
        guard options & bigEndianOption == 0 else {
            throw StreamError(
                at: start + 12, "it was saved on a host with another byte order", remedy: "restore it on such a host")
        }
        let unknown = options & ~legacyOption
        guard unknown == 0 else {
            throw StreamError(
                at: start + 12, "the stream has the unknown options 0x\(String(unknown, radix: 16))",
                remedy: "it was made by a newer release: restore it with that")
        }
    }

    /// What to do with streams of version 1.
    package static let converterAdvice =
        "streams of before Xen 4.6 can be read after Xen's convert-legacy-stream has converted them"
}

/// A record of libxl's stream.
package enum LibxlRecord: Hashable, Sendable {
    case end
    /// libxc's stream follows at once.
    case libxcContext
    /// What the device model keeps in the store, as pairs of path (relative to the device model's node) and value.
    case emulatorStoreData(Emulator, [StorePair])
    /// The device model's state; so many bytes of it follow and are to be taken with `LibxlStreamReader.nextOfContext`.
    case emulatorContext(Emulator, length: UInt64)
    case checkpointEnd
    case checkpointState(UInt32)

    /// Whose state a record has.
    package struct Emulator: Hashable, Sendable {
        /// 0 unknown, 1 QEMU traditional, 2 QEMU.
        package var id: UInt32
        package var index: UInt32

        package init(id: UInt32, index: UInt32 = 0) {
            self.id = id
            self.index = index
        }

        package static let qemu = Emulator(id: 2)

        static let length = 8

        var bytes: [UInt8] { id.littleEndianBytes + index.littleEndianBytes }
    }

    package struct StorePair: Hashable, Sendable {
        package var path: String
        package var value: String

        package init(path: String, value: String) {
            self.path = path
            self.value = value
        }
    }

    private var kind: UInt32 {
        switch self {
        case .end: 0
        case .libxcContext: 1
        case .emulatorStoreData: 2
        case .emulatorContext: 3
        case .checkpointEnd: 4
        case .checkpointState: 5
        }
    }

    /// Records begin at multiples of so many bytes.
    static let alignment: UInt64 = 8

    static func padding(after length: UInt64) -> UInt64 { (alignment - length % alignment) % alignment }

    /// The bytes of the record; for `emulatorContext`, those before the state, after which `padding(after:)` follows.
    ///
    /// - Returns: nil for what the format cannot hold: a length of 4 GiB, a NUL in a path or value.
    package func encoded() -> [UInt8]? {
        var body: [UInt8] = []
        let length: UInt64
        switch self {
        case .end, .libxcContext, .checkpointEnd: length = 0
        case .emulatorStoreData(let emulator, let pairs):
            body = emulator.bytes
            for text in pairs.flatMap({ [$0.path, $0.value] }) {
                guard !text.utf8.contains(0) else { return nil }
                body += Array(text.utf8) + [0]
            }
            length = UInt64(body.count)
        case .emulatorContext(let emulator, let count):
            body = emulator.bytes
            length = count.addingReportingOverflow(UInt64(Emulator.length)).partialValue
        case .checkpointState(let state):
            body = state.littleEndianBytes
            length = 4
        }
        guard length >= UInt64(body.count), length <= UInt64(UInt32.max) else { return nil }
        let head = kind.littleEndianBytes + UInt32(length).littleEndianBytes + body
        if case .emulatorContext = self { return head }
        return head + [UInt8](repeating: 0, count: Int(Self.padding(after: length)))
    }

    /// The zeros after a device model's state of so many bytes.
    package static func paddingAfterContext(of length: UInt64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(padding(after: length % alignment + UInt64(Emulator.length))))
    }
}
