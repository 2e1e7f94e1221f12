/// What stands before the stream in a file that `xl save` writes, and at the beginning of a migration: the domain's
/// configuration (`struct save_file_header` in upstream's `xl.h`). Its numbers are little-endian on x86.
public struct SaveFileHeader: Hashable, Sendable {
    /// The configuration that stands before an image.
    public enum Configuration: Hashable, Sendable {
        /// None.
        case none
        /// libxl's JSON, without the NUL that ends it in the file.
        case json([UInt8])
        /// The text of a configuration file.
        case text([UInt8])
    }

    /// The numbers by which upstream's xl tells what it reads.
    public struct Info: Hashable, Sendable, CustomStringConvertible {
        /// What a reader must know.
        public var mandatoryFlags: UInt32
        /// What a reader need not know.
        public var optionalFlags: UInt32
        /// Bytes of what follows the header.
        public var optionalLength: UInt32

        public var description: String {
            "0x\(String(mandatoryFlags, radix: 16))/0x\(String(optionalFlags, radix: 16))/\(optionalLength)"
        }
    }

    /// The domain's configuration.
    public var configuration: Configuration
    /// Whether a libxl stream of version 2 follows; otherwise one of version 1, as before Xen 4.6.
    public var isVersion2: Bool

    public init(configuration: Configuration, isVersion2: Bool = true) {
        self.configuration = configuration
        self.isVersion2 = isVersion2
    }

    static let magic = Array("Xen saved domain, xl format\n \0 \r".utf8)
    /// Bytes before the optional data.
    static let length = 48
    private static let byteOrder: UInt32 = 0x0102_0304
    private static let jsonFlag: UInt32 = 1 << 0
    private static let version2Flag: UInt32 = 1 << 1
    /// Larger ones are no configuration of anybody's.
    private static let configurationLimit: UInt32 = 64 << 20
}

extension SaveFileHeader {
    /// - Returns: the bytes to write; nil for a configuration that is too large for the format.
    public func encoded() -> (bytes: [UInt8], info: Info)? {
        var flags = isVersion2 ? Self.version2Flag : 0
        var data: [UInt8] = []
        switch configuration {
        case .none: break
        case .json(let text):
            flags |= Self.jsonFlag
            data = text + [0]
        case .text(let text): data = text
        }
        guard data.count <= Int(Self.configurationLimit) else { return nil }
        let info = Info(mandatoryFlags: flags, optionalFlags: 0, optionalLength: 4 + UInt32(data.count))
        var bytes = Self.magic
        for number in [Self.byteOrder, info.mandatoryFlags, info.optionalFlags, info.optionalLength] {
            bytes += number.littleEndianBytes
        }
        return (bytes + UInt32(data.count).littleEndianBytes + data, info)
    }

    /// Reads the header and all of its optional data, and nothing behind them.
    public static func read(
        from reader: inout StreamReader<some ByteSource>
    ) throws(StreamError) -> (header: SaveFileHeader, info: Info) {
        let info = try readInfo(from: &reader)
        var left = UInt64(info.optionalLength)
        var header = SaveFileHeader(configuration: .none, isVersion2: info.mandatoryFlags & version2Flag != 0)
        if left > 0 {
            guard left >= 4 else {
                throw StreamError(at: reader.offset, "there is no room for a configuration's length")
            }
            let count = UInt32(littleEndianBytes: try reader.bytes(4, of: "the configuration's length"))
            left -= 4
            guard count <= left, count <= configurationLimit else {
                throw StreamError(
                    at: reader.offset - 4, "a configuration of \(count) bytes cannot be in \(left) bytes of data")
            }
            let data = try reader.bytes(Int(count), of: "the configuration")
            left -= UInt64(count)
            if count > 0 {
                let isJSON = info.mandatoryFlags & jsonFlag != 0
                header.configuration = isJSON ? .json(Array(data.prefix { $0 != 0 })) : .text(data)
            }
        }
        try reader.skip(left, of: "the optional data")
        return (header, info)
    }

    private static func readInfo(from reader: inout StreamReader<some ByteSource>) throws(StreamError) -> Info {
        let start = reader.offset
        let bytes = try reader.bytes(length, of: "the header")
        guard bytes.starts(with: magic) else {
            throw StreamError(
                at: start, "it does not begin as a saved domain does", remedy: "name a file that xl save wrote")
        }
        func number(_ index: Int) -> UInt32 { UInt32(littleEndianBytes: bytes.dropFirst(magic.count + 4 * index)) }
        guard number(0) == byteOrder else {
            let isForeign = number(0) == byteOrder.byteSwapped
            throw StreamError(
                at: start + UInt64(magic.count),
                isForeign ? "it was saved on a host with another byte order" : "its byte order is unknown",
                remedy: isForeign ? "restore it on such a host" : nil)
        }
        let info = Info(mandatoryFlags: number(1), optionalFlags: number(2), optionalLength: number(3))
        let unknown = info.mandatoryFlags & ~(jsonFlag | version2Flag)
        guard unknown == 0 else {
            throw StreamError(
                at: start + UInt64(magic.count) + 4,
                "it has the unknown mandatory flags 0x\(String(unknown, radix: 16))",
                remedy: "it was made by a newer release: restore it with that")
        }
        return info
    }
}
