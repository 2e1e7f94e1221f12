/// An enumeration of libxl's type description. The raw values are libxl's numbers; text forms use its
/// names in lower case.
public protocol LibxlEnumeration: RawRepresentable<Int32>, CaseIterable, Hashable, Sendable, Codable,
    CustomStringConvertible
{
    /// libxl's name of each case.
    static var names: KeyValuePairs<Self, String> { get }
}

/// An enumeration whose fields have an initial value other than "no case at all".
public protocol DefaultedEnumeration: LibxlEnumeration {
    /// libxl's initial value, which its JSON form leaves out.
    static var defaultValue: Self { get }
}

extension LibxlEnumeration {
    /// libxl's name, in lower case.
    public var name: String { Self.names.first { $0.key == self }?.value ?? "" }

    public var description: String { name }

    /// The case with this name of libxl's; upper and lower case of ASCII letters are the same.
    public init?(name: some StringProtocol) {
        let wanted = name.utf8
        let match = Self.names.first { entry in
            entry.value.utf8.elementsEqual(wanted) { $0 == lowercased($1) }
        }
        guard let match else { return nil }
        self = match.key
    }

    /// Reads libxl's word for it.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(name: text) else {
            let known = Self.names.map(\.value).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not one of \(known)")
        }
        self = value
    }

    /// Writes libxl's word for it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
