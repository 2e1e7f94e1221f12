/// An Ethernet address (`libxl_mac`), written as six pairs of lower-case hexadecimal digits with colons.
public struct MACAddress: Hashable, Sendable, Codable, CustomStringConvertible, UnsetWhenZero {
    /// Six bytes in the order in which they are written.
    public let bytes: [UInt8]

    /// - Parameter bytes: exactly six bytes, or the result is nil.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// Parses six pairs of hexadecimal digits of either case with a colon between the pairs.
    public init?(_ text: some StringProtocol) {
        let fields = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard fields.count == 6 else { return nil }
        var bytes: [UInt8] = []
        for field in fields {
            guard field.count == 2, let high = hexadecimalValue(field[field.startIndex]),
                let low = hexadecimalValue(field[field.index(after: field.startIndex)])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = MACAddress(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a MAC address: \"\(text)\"")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

func hexadecimalValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// A virtual machine generation ID (`libxl_ms_vm_genid`): 16 bytes, an array of numbers in JSON.
public struct GenerationID: Hashable, Sendable, Codable, UnsetWhenZero {
    /// Sixteen bytes.
    public let bytes: [UInt8]

    /// - Parameter bytes: exactly 16 bytes, or the result is nil.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var bytes: [UInt8] = []
        while !container.isAtEnd, bytes.count <= 16 { bytes.append(try container.decode(UInt8.self)) }
        guard bytes.count == 16 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "expected 16 bytes"))
        }
        self.bytes = bytes
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for byte in bytes { try container.encode(byte) }
    }
}

/// Texts under names, in the order in which they were given (`libxl_key_value_list`).
public struct KeyValueList: Sendable, Equatable, Codable, OmittedWhenInitial {
    /// A text under a name.
    public struct Element: Sendable, Equatable {
        /// The name.
        public var key: String
        /// The text; nil for none.
        public var value: String?

        public init(key: String, value: String?) {
            self.key = key
            self.value = value
        }
    }

    /// In the order in which they were given.
    public var elements: [Element]

    public init(_ elements: [Element] = []) { self.elements = elements }

    static let initial = KeyValueList()

    /// Whether there is none.
    public var isEmpty: Bool { elements.isEmpty }

    /// The value of the first element with this key; setting it replaces that value or appends an element.
    public subscript(key: String) -> String? {
        get { elements.first { $0.key == key }?.value }
        set {
            if let index = elements.firstIndex(where: { $0.key == key }) {
                elements[index].value = newValue
            } else {
                elements.append(Element(key: key, value: newValue))
            }
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        elements = try container.allKeys.map { key in
            Element(key: key.stringValue, value: try container.decodeIfPresent(String.self, forKey: key))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for element in elements {
            let key = Key(stringValue: element.key)
            if let value = element.value {
                try container.encode(value, forKey: key)
            } else {
                try container.encodeNil(forKey: key)
            }
        }
    }
}

/// An arm of a keyed union without fields of its own: `{}` in JSON.
public struct EmptyObject: LibxlStructure {
    public init() {}
}
