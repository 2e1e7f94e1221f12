import DomainModel

/// Cuts a disk specification into its words.
struct DiskScanner {
    enum Lexeme {
        case blanks
        /// A parameter and where its value stands.
        case parameter(SpecRow<DiskDevice>, Range<Int>)
        case prefix(Prefix)
        /// A word without a name, and where it stands without its comma.
        case positional(Range<Int>)
    }

    /// What the prefixes of xm and xend mean.
    enum Prefix {
        /// It names the format.
        case format
        /// It names a script `block-…`.
        case script
        case meaningless
    }

    private static let prefixes: [String: Prefix] = [
        "raw": .format, "qcow": .format, "qcow2": .format, "vhd": .format, "iscsi": .script, "nbd": .script,
        "enbd": .script, "drbd": .script, "tapdisk": .meaningless, "tap": .meaningless, "tap2": .meaningless,
        "aio": .meaningless, "ioemu": .meaningless, "file": .meaningless, "phy": .meaningless,
    ]
    private static let longestPrefix = 16

    private let text: SpecText
    private var position = 0
    private var newline: NextByte
    private var comma: NextByte
    private var stop: NextByte

    init(_ text: SpecText) {
        self.text = text
        newline = NextByte { $0 == UInt8(ascii: "\n") }
        comma = NextByte { $0 == UInt8(ascii: ",") }
        stop = NextByte { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "=") }
    }

    /// A rule that matches: how much text it claims, and how much of that it takes.
    private struct Match {
        var lexeme: Lexeme
        var claimedEnd: Int
        var end: Int
    }

    var isAtEnd: Bool { position >= text.bytes.count }

    /// The next word and all that belongs to it, or nil at the end. After a fault, reading goes on behind its word.
    mutating func next() throws(SpecError) -> (Lexeme, Range<Int>)? {
        guard !isAtEnd else { return nil }
        let match = try longestMatch()
        defer { position = match.end }
        return (match.lexeme, position..<match.end)
    }

    private mutating func longestMatch() throws(SpecError) -> Match {
        var best: Match?
        for match in [blanks(), parameter(), try prefix(), positional()] {
            guard let match, match.claimedEnd > best?.claimedEnd ?? 0 else { continue }
            best = match
        }
        guard let best, best.end > position else { throw notUnderstood() }
        if case .positional = best.lexeme, best.end < text.bytes.count, text.bytes[best.end] == UInt8(ascii: "=") {
            throw notUnderstood()
        }
        return best
    }

    /// Blanks count as such only if what follows them on their line makes the rule the longest.
    private mutating func blanks() -> Match? {
        let end = text.bytes[position...].firstIndex { !Self.isBlank($0) } ?? text.bytes.count
        guard end > position else { return nil }
        return Match(lexeme: .blanks, claimedEnd: end < text.bytes.count ? lineEnd(end) : end, end: end)
    }

    private mutating func parameter() -> Match? {
        let nameEnd = stop.index(from: position, in: text.bytes)
        guard nameEnd - position <= Self.longestPrefix,
            let row = DiskSpec.rowsByName[text.string(position..<nameEnd)]
        else { return nil }
        let hasValue = nameEnd < text.bytes.count && text.bytes[nameEnd] == UInt8(ascii: "=")
        guard hasValue == (row.parameter.form != .flag) else { return nil }
        let valueStart = hasValue ? nameEnd + 1 : nameEnd
        if row.parameter.name == DiskSpec.targetName {
            let end = lineEnd(position)
            let isCut = end > valueStart && text.bytes[end - 1] == UInt8(ascii: ",")
            return Match(lexeme: .parameter(row, valueStart..<(isCut ? end - 1 : end)), claimedEnd: end, end: end)
        }
        let valueEnd = comma.index(from: valueStart, in: text.bytes)
        let end = min(valueEnd + 1, text.bytes.count)
        return Match(lexeme: .parameter(row, valueStart..<valueEnd), claimedEnd: end, end: end)
    }

    private mutating func prefix() throws(SpecError) -> Match? {
        guard SpecText.isLowerCaseLetter(text.bytes[position]) else { return nil }
        let rest = text.bytes[position...].prefix(Self.longestPrefix)
        guard let colon = rest.firstIndex(where: { !SpecText.isLowerCaseLetter($0) && !SpecText.isDigit($0) }),
            text.bytes[colon] == UInt8(ascii: ":")
        else { return nil }
        let name = text.string(position..<colon)
        if let prefix = Self.prefixes[name] {
            return Match(lexeme: .prefix(prefix), claimedEnd: lineEnd(colon + 1), end: colon + 1)
        }
        // `xvda:cdrom` is a positional word, `foo:/path` a prefix that nothing knows.
        if colon + 1 < text.bytes.count {
            let following = text.bytes[colon + 1]
            guard !SpecText.isLowerCaseLetter(following), !SpecText.isDigit(following) else { return nil }
        }
        defer { position = colon + 1 }
        throw text.error(
            .syntax, "unknown prefix \"\(name):\"", at: position..<colon + 1,
            expected: "a path without a prefix, or target=PATH for one that holds a colon or comma",
            suggestion: Suggestion.nearest(to: name, among: Self.prefixes.keys.sorted()).map { $0 + ":" })
    }

    private mutating func positional() -> Match? {
        let end = stop.index(from: position, in: text.bytes)
        let hasComma = end < text.bytes.count && text.bytes[end] == UInt8(ascii: ",")
        guard hasComma || end > position else { return nil }
        return Match(
            lexeme: .positional(position..<end), claimedEnd: hasComma ? end + 1 : end, end: hasComma ? end + 1 : end)
    }

    /// The error for a place where no rule holds: a name that is no parameter, or an equals sign in a path.
    private mutating func notUnderstood() -> SpecError {
        let nameEnd = stop.index(from: position, in: text.bytes)
        let range = position..<max(nameEnd, min(position + 1, text.bytes.count))
        let name = text.string(position..<nameEnd)
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy {
                SpecText.isLowerCaseLetter($0) || SpecText.isDigit($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
        guard isName else {
            // Where this word ends is not known, so neither is what the next ones are.
            defer { position = text.bytes.count }
            return text.error(
                .syntax, "\"\(text.string(range))\" is followed by an equals sign but is no parameter's name",
                at: range,
                expected: "target=PATH, as the last parameter, for a path that holds an equals sign")
        }
        defer { position = max(position, min(comma.index(from: position, in: text.bytes) + 1, text.bytes.count)) }
        if let row = DiskSpec.rowsByName[name], row.parameter.form == .flag {
            return text.error(.syntax, "\(name) takes no value", at: range)
        }
        return text.error(
            .unknownParameter, "unknown parameter \"\(name)\" in disk", at: range,
            suggestion: Suggestion.nearest(to: name, among: DiskSpec.grammar.parameters.map(\.name)))
    }

    private mutating func lineEnd(_ index: Int) -> Int { newline.index(from: index, in: text.bytes) }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
    }
}

/// Finds the next byte of a kind, remembering the answer, so that asking from ascending places costs one pass.
private struct NextByte {
    private var from = 0
    private var found: Int?
    private let isWanted: @Sendable (UInt8) -> Bool

    init(_ isWanted: @escaping @Sendable (UInt8) -> Bool) { self.isWanted = isWanted }

    /// The index of the first such byte at or after `start`, or the count of bytes.
    mutating func index(from start: Int, in bytes: [UInt8]) -> Int {
        if let found, start >= from, start <= found { return found }
        let index = bytes[start...].firstIndex(where: isWanted) ?? bytes.count
        from = start
        found = index
        return index
    }
}
