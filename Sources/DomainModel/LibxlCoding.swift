import XenTypes

/// A structure of libxl's type description (`libxl_types.idl`), with libxl's JSON form.
///
/// In JSON the fields stand in the order of their declaration. A field with its initial value is left
/// out, but a nested structure is always written, if only as `{}`. A field that is missing when reading
/// keeps its initial value, and unknown fields are ignored.
///
/// A property's type says what libxl's initial value is: an integer starts at 0 and an optional integer,
/// nil, stands for libxl's "all bits set" (-1, `LIBXL_MEMKB_DEFAULT`, …). `Bool?` is libxl's `defbool`.
public protocol LibxlStructure: Sendable, Equatable, Codable {
    /// All fields at libxl's initial values.
    init()
}

/// The field names of a ``LibxlStructure``: they choose the coding of this file, where others of the
/// module's types take the standard library's.
protocol LibxlKey: CodingKey {}

/// A value that libxl leaves out of the JSON form while it has its initial value.
protocol OmittedWhenInitial {
    static var initial: Self { get }
    var isInitial: Bool { get }
}

extension OmittedWhenInitial where Self: Equatable {
    var isInitial: Bool { self == Self.initial }
}

extension Array: OmittedWhenInitial {
    static var initial: [Element] { [] }
    var isInitial: Bool { isEmpty }
}

extension Bitmap: OmittedWhenInitial {
    static let initial = Bitmap()
    var isInitial: Bool { isEmpty }
}

extension DomainID: OmittedWhenInitial {
    static let initial = DomainID.control
}

/// A value whose bytes are all zero where nothing was set; properties have nil in its place.
protocol UnsetWhenZero {
    var isZero: Bool { get }
}

extension XenUUID: UnsetWhenZero {
    var isZero: Bool { self == .zero }
}

extension KeyedEncodingContainer where Key: LibxlKey {
    mutating func encode(_ value: some Encodable & OmittedWhenInitial, forKey key: Key) throws {
        if !value.isInitial { try encodeValue(value, forKey: key) }
    }

    mutating func encode<Value: DefaultedEnumeration>(_ value: Value, forKey key: Key) throws {
        if value != .defaultValue { try encodeValue(value, forKey: key) }
    }

    mutating func encode(_ value: Bool, forKey key: Key) throws {
        if value { try encodeValue(value, forKey: key) }
    }

    mutating func encode(_ value: Int32, forKey key: Key) throws {
        if value != 0 { try encodeValue(value, forKey: key) }
    }

    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        if value != 0 { try encodeValue(value, forKey: key) }
    }

    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        if value != 0 { try encodeValue(value, forKey: key) }
    }

    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        if value != 0 { try encodeValue(value, forKey: key) }
    }

    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws {
        if let value { try encodeValue(value ? "True" : "False", forKey: key) }
    }

    mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws {
        if let value, value != -1 { try encodeValue(value, forKey: key) }
    }

    mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws {
        if let value, value != .max { try encodeValue(value, forKey: key) }
    }

    mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws {
        if let value, value != .max { try encodeValue(value, forKey: key) }
    }

    mutating func encodeIfPresent(_ value: (some Encodable & UnsetWhenZero)?, forKey key: Key) throws {
        if let value, !value.isZero { try encodeValue(value, forKey: key) }
    }

    /// The standard library's `encode`, which the overloads of this extension hide.
    private mutating func encodeValue<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try encode(value, forKey: key)
    }
}

extension KeyedDecodingContainer where Key: LibxlKey {
    func decode<Value: LibxlStructure>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decodeValue(type, forKey: key) ?? Value()
    }

    func decode<Value: Decodable & OmittedWhenInitial>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decodeValue(type, forKey: key) ?? Value.initial
    }

    func decode<Value: DefaultedEnumeration>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decodeValue(type, forKey: key) ?? .defaultValue
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decodeValue(type, forKey: key) ?? false }

    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try decodeValue(type, forKey: key) ?? 0 }

    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try decodeValue(type, forKey: key) ?? 0 }

    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try decodeValue(type, forKey: key) ?? 0 }

    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try decodeValue(type, forKey: key) ?? 0 }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        switch try decodeValue(String.self, forKey: key) {
        case nil, "<default>": return nil
        case "True": return true
        case "False": return false
        case .some(let text):
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "expected \"True\" or \"False\", found \"\(text)\"")
        }
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        let value = try decodeValue(type, forKey: key)
        return value == -1 ? nil : value
    }

    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        let value = try decodeValue(type, forKey: key)
        return value == .max ? nil : value
    }

    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        let value = try decodeValue(type, forKey: key)
        return value == .max ? nil : value
    }

    func decodeIfPresent<Value: Decodable & UnsetWhenZero>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        let value = try decodeValue(type, forKey: key)
        return value?.isZero == true ? nil : value
    }

    /// The standard library's `decodeIfPresent`, which the overloads of this extension hide.
    private func decodeValue<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try decodeIfPresent(type, forKey: key)
    }
}
