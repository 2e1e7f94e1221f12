/// Texts that may hold bytes which are no UTF-8.
///
/// Files, arguments and xenstore hold bytes; most are UTF-8, and upstream hands on those that are not as
/// they came. A Swift `String` cannot hold them, so a byte of an ill-formed sequence stands in it as
/// the character U+10FF00 + byte, which is in a private plane. A well-formed character of that range is
/// escaped byte by byte too, hence the bytes that went in always come out again.
extension String {
    private static let escapeBase: UInt32 = 0x10FF00

    /// The text with these bytes, those that are no UTF-8 escaped.
    public init(escapingBytes bytes: some Collection<UInt8>) {
        if let text = bytes.withContiguousStorageIfAvailable({ String(validating: $0, as: UTF8.self) }) ?? nil,
            !text.utf8.contains(0xF4)
        {
            self = text
            return
        }
        var scalars = String.UnicodeScalarView()
        var decoder = UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var start = bytes.startIndex
        parsing: while true {
            switch decoder.parseScalar(from: &rest) {
            case .emptyInput:
                break parsing
            case .valid(let encoded):
                let scalar = UTF8.decode(encoded)
                if Self.isEscape(scalar) {
                    for byte in encoded { scalars.append(Self.escape(byte)) }
                } else {
                    scalars.append(scalar)
                }
                bytes.formIndex(&start, offsetBy: encoded.count)
            case .error(let length):
                for _ in 0..<length {
                    scalars.append(Self.escape(bytes[start]))
                    bytes.formIndex(after: &start)
                }
            }
        }
        self.init(scalars)
    }

    /// The bytes of the text, escaped ones as they were before ``init(escapingBytes:)``.
    public var unescapedBytes: [UInt8] {
        guard utf8.contains(0xF4) else { return Array(utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if Self.isEscape(scalar) {
                bytes.append(UInt8(scalar.value - Self.escapeBase))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool {
        (escapeBase + 0x80...escapeBase + 0xFF).contains(scalar.value)
    }

    private static func escape(_ byte: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(escapeBase + UInt32(byte)) ?? "\u{FFFD}"
    }
}
