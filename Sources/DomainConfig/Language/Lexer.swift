/// A word of the configuration language.
struct Token {
    enum Kind {
        case identifier
        case number
        /// A complete quoted string.
        case string
        case equals
        case plusEquals
        case comma
        case openBracket
        case closeBracket
        /// The end of a line, also one that ends a comment.
        case newline
        case semicolon
        case endOfText
        /// A quote that is not closed on its line.
        case unterminatedString
        /// A character that the language does not have, with what follows it up to a blank.
        case invalid
    }

    var kind: Kind
    var bytes: Range<Int>
}

/// Splits a source into tokens, as `libxlu_cfg_l.l` does; a carriage return before a line's end counts as a blank.
struct Lexer {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: ConfigSource.byteOrderMark) { offset = ConfigSource.byteOrderMark.count }
    }

    mutating func next() -> Token {
        skipBlanks()
        let start = offset
        guard offset < bytes.count else { return Token(kind: .endOfText, bytes: start..<start) }
        let kind = scan(bytes[offset])
        return Token(kind: kind, bytes: start..<offset)
    }

    /// Leaves out what remains of the line but not its end.
    mutating func skipLine() {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
    }

    private mutating func skipBlanks() {
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): offset += 1
            case UInt8(ascii: "\r") where offset + 1 == bytes.count || bytes[offset + 1] == UInt8(ascii: "\n"):
                offset += 1
            default: return
            }
        }
    }

    private mutating func scan(_ first: UInt8) -> Token.Kind {
        offset += 1
        switch first {
        case UInt8(ascii: "\n"): return .newline
        case UInt8(ascii: "#"):
            skipLine()
            if offset < bytes.count { offset += 1 }
            return .newline
        case UInt8(ascii: ","): return .comma
        case UInt8(ascii: "["): return .openBracket
        case UInt8(ascii: "]"): return .closeBracket
        case UInt8(ascii: "="): return .equals
        case UInt8(ascii: ";"): return .semicolon
        case UInt8(ascii: "+") where offset < bytes.count && bytes[offset] == UInt8(ascii: "="):
            offset += 1
            return .plusEquals
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            skip { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }
            return .identifier
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            skip { Self.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) || $0 == UInt8(ascii: "x") }
            return .number
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return scanString(quote: first)
        default:
            skip { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\n") }
            return .invalid
        }
    }

    private mutating func scanString(quote: UInt8) -> Token.Kind {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") {
            let byte = bytes[offset]
            offset += 1
            if byte == quote { return .string }
            if byte == UInt8(ascii: "\\"), offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
        }
        return .unterminatedString
    }

    private mutating func skip(while condition: (UInt8) -> Bool) {
        while offset < bytes.count, condition(bytes[offset]) { offset += 1 }
    }

    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
