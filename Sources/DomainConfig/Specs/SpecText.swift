import XenTypes

/// The bytes of a specification, with the cuts that its grammars make.
struct SpecText: Sendable {
    let bytes: [UInt8]
    /// Index of the word, where a specification is made of several.
    let word: Int

    init(_ text: some Collection<UInt8>, word: Int = 0) {
        bytes = Array(text)
        self.word = word
    }

    init(_ text: String, word: Int = 0) { self.init(text.unescapedBytes, word: word) }

    var wholeRange: Range<Int> { bytes.indices }

    /// The part as a string; bytes that are no UTF-8 are escaped, to be written as they came.
    func string(_ range: Range<Int>) -> String { String(escapingBytes: bytes[range]) }

    /// The parts between separators. Empty parts do not count, as with C's `strtok`.
    func parts(of range: Range<Int>? = nil, separator: UInt8 = UInt8(ascii: ",")) -> [Range<Int>] {
        bytes[range ?? wholeRange].split(separator: separator).map(\.indices)
    }

    /// The part without the spaces before it.
    func withoutLeadingSpaces(_ range: Range<Int>) -> Range<Int> {
        let start = bytes[range].firstIndex { $0 != UInt8(ascii: " ") } ?? range.upperBound
        return start..<range.upperBound
    }

    /// The part without blanks (C's `isspace`) at either end.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        guard let start = bytes[range].firstIndex(where: { !Self.isBlank($0) }),
            let end = bytes[range].lastIndex(where: { !Self.isBlank($0) })
        else { return range.lowerBound..<range.lowerBound }
        return start..<end + 1
    }

    /// The part before the first `separator` and the one after it; nil without a separator.
    func pair(_ range: Range<Int>, separator: UInt8 = UInt8(ascii: "=")) -> (key: Range<Int>, value: Range<Int>)? {
        guard let cut = bytes[range].firstIndex(of: separator) else { return nil }
        return (range.lowerBound..<cut, cut + 1..<range.upperBound)
    }

    func hasPrefix(_ prefix: String, at range: Range<Int>) -> Bool { bytes[range].starts(with: prefix.utf8) }

    func equals(_ text: String, at range: Range<Int>) -> Bool { bytes[range].elementsEqual(text.utf8) }

    func error(
        _ kind: SpecError.Kind, _ message: String, at range: Range<Int>, expected: String? = nil,
        suggestion: String? = nil
    ) -> SpecError {
        SpecError(kind, message, at: range, word: word, expected: expected, suggestion: suggestion)
    }

    /// C's `isspace` in the "C" locale.
    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLowerCaseLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}
