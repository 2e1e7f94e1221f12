import XenTypes
import YajlJSON

extension Output {
    /// Adds a document to the answer, in upstream's layout.
    static func print(json document: some Encodable) throws(JSONEncodingError) {
        print(bytes: try YajlEncoder(layout: .pretty).encode(document))
    }
}

/// How documents show values that may be absent or large.
extension JSONValue {
    static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

    /// JSON readers take integers up to 2^63; larger ones, which only mean "no limit", become that.
    static func count(_ value: (some BinaryInteger)?) -> JSONValue {
        value.map { .integer(Int64(clamping: $0)) } ?? .null
    }

    static func members(_ value: Bitmap?) -> JSONValue { value.map { .array($0.map { .count($0) }) } ?? .null }

    /// Pages of 4 KiB in KiB.
    static func kib(pages: UInt64) -> JSONValue {
        let (value, isTooLarge) = pages.multipliedReportingOverflow(by: 4)
        return .count(isTooLarge ? UInt64.max : value)
    }
}
