/// A domain's UUID: 16 bytes, written as 8-4-4-4-12 lower-case hexadecimal digits.
public struct XenUUID: Hashable, Sendable, CustomStringConvertible, Codable {
    /// The bytes in the order in which they are written, which is also the hypervisor's
    /// order in `xen_domain_handle_t`.
    public let bytes: [UInt8]

    /// - Parameter bytes: exactly 16 bytes, or the result is nil.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// A random UUID of version 4 (RFC 9562).
    public static func random() -> XenUUID {
        var generator = SystemRandomNumberGenerator()
        var bytes = withUnsafeBytes(of: (generator.next(), generator.next())) { Array($0) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return XenUUID(uncheckedBytes: bytes)
    }

    /// All bytes zero: the control domain's UUID.
    public static let zero = XenUUID(uncheckedBytes: Array(repeating: 0, count: 16))

    private init(uncheckedBytes: [UInt8]) { bytes = uncheckedBytes }

    /// Parses 32 hexadecimal digits of either case; hyphens may stand between bytes, as libxl accepts.
    public init?(_ text: some StringProtocol) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            if character == UInt8(ascii: "-") {
                guard high == nil else { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(character)).hexDigitValue else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        guard high == nil, bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = XenUUID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID: \(text)")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
