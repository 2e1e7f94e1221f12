/// Reads what stands between quotes: the bytes it means and the escapes that mean nothing.
struct StringLiteral {
    private(set) var bytes: [UInt8] = []
    private(set) var runs: [ConfigText.Run] = []
    /// Escapes that are not valid, and what is wrong with them.
    private(set) var problems: [(bytes: Range<Int>, message: String)] = []
    private let source: Int

    /// - Parameters:
    ///   - range: the literal with its quotes, at least two bytes.
    ///   - source: the index of the source, for the positions of the bytes.
    init(_ text: [UInt8], range: Range<Int>, source: Int) {
        self.source = source
        let content = range.lowerBound + 1..<max(range.upperBound - 1, range.lowerBound + 1)
        runs.append(ConfigText.Run(start: 0, source: source, offset: content.lowerBound))
        guard text[content].contains(UInt8(ascii: "\\")) else {
            bytes = Array(text[content])
            return
        }
        var offset = content.lowerBound
        while offset < content.upperBound {
            guard text[offset] == UInt8(ascii: "\\"), offset + 1 < content.upperBound else {
                bytes.append(text[offset])
                offset += 1
                continue
            }
            let length = escape(text[offset + 1..<content.upperBound], at: offset)
            offset += 1 + length
            runs.append(ConfigText.Run(start: bytes.count, source: source, offset: offset))
        }
    }

    /// The characters that stand for one byte after a backslash.
    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "'"): UInt8(ascii: "'"),
        UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
        UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11,
    ]

    /// Reads what follows a backslash, and returns how many bytes of it belong to the escape.
    private mutating func escape(_ rest: ArraySlice<UInt8>, at backslash: Int) -> Int {
        guard let first = rest.first else { return 0 }
        if let byte = Self.simple[first] {
            runs.append(ConfigText.Run(start: bytes.count, source: source, offset: backslash))
            bytes.append(byte)
            return 1
        }
        if first == UInt8(ascii: "x") {
            let digits = rest.dropFirst().prefix(2).prefix { Self.digit($0, base: 16) != nil }
            guard digits.count == 2 else {
                return invalid("\\x needs two hexadecimal digits", at: backslash, length: 1 + digits.count)
            }
            return number(digits, base: 16, at: backslash, length: 3)
        }
        let digits = rest.prefix(3).prefix { Self.digit($0, base: 8) != nil }
        guard !digits.isEmpty else {
            return invalid(
                "unknown escape; known are \\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v \\xHH and \\ooo", at: backslash,
                length: 1)
        }
        return number(digits, base: 8, at: backslash, length: digits.count)
    }

    private mutating func number(_ digits: ArraySlice<UInt8>, base: Int, at backslash: Int, length: Int) -> Int {
        let value = digits.reduce(0) { $0 * base + (Self.digit($1, base: base) ?? 0) }
        guard (1...255).contains(value) else {
            return invalid("the escape's value must be between 1 and 255", at: backslash, length: length)
        }
        runs.append(ConfigText.Run(start: bytes.count, source: source, offset: backslash))
        bytes.append(UInt8(value))
        return length
    }

    private mutating func invalid(_ message: String, at backslash: Int, length: Int) -> Int {
        problems.append((backslash..<backslash + 1 + length, message))
        return length
    }

    private static func digit(_ byte: UInt8, base: Int) -> Int? {
        guard let value = Character(Unicode.Scalar(byte)).hexDigitValue, value < base else { return nil }
        return value
    }
}
