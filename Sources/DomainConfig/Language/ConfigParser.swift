extension ConfigDocument {
    /// Deepest nesting of lists that is read.
    public static let maximumNesting = 64

    /// Reads sources in the configuration language, one after another, as one document.
    ///
    /// The grammar is that of `libxlu_cfg_y.y`. All problems are found in one run: after one, reading goes on at
    /// the next line that can begin a setting.
    public init(sources: [ConfigSource]) {
        var sink = DiagnosticSink(sources: sources)
        var settings: [ConfigSetting] = []
        for index in sources.indices {
            var parser = ConfigParser(source: index, bytes: sources[index].bytes, settings: settings, sink: sink)
            parser.parse(name: sources[index].name)
            settings = parser.settings
            sink = parser.sink
        }
        self.init(sources: sources, settings: settings, diagnostics: sink.diagnostics)
    }

    /// Reads a file's text and the `key=value` words of a command line, which count as lines after the file's.
    public init(file: ConfigSource?, words: [String] = []) {
        var sources = file.map { [$0] } ?? []
        if !words.isEmpty { sources.append(.commandLine(words)) }
        self.init(sources: sources)
    }
}

/// Recursive-descent parser of one source.
private struct ConfigParser {
    private let source: Int
    private var lexer: Lexer
    /// The token that is looked at.
    private var token: Token
    private(set) var settings: [ConfigSetting]
    var sink: DiagnosticSink
    private var hasPythonHint = false

    /// Thrown by a rule that has reported its problem.
    private struct Failure: Error {
        /// Open brackets at the place of the problem.
        var nesting: Int
    }

    init(source: Int, bytes: [UInt8], settings: [ConfigSetting], sink: DiagnosticSink) {
        self.source = source
        self.settings = settings
        self.sink = sink
        lexer = Lexer(bytes)
        token = Token(kind: .newline, bytes: 0..<0)
    }

    mutating func parse(name: String) {
        guard lexer.bytes.count <= ConfigSource.maximumSize else {
            sink.error(
                .limit,
                "\(name): the configuration has \(lexer.bytes.count) bytes; at most "
                    + "\(ConfigSource.maximumSize) (1 MiB) are read")
            return
        }
        if let zero = lexer.bytes.firstIndex(of: 0) {
            sink.error(
                .invalidByte, "the text holds a NUL byte; a configuration is a text file", at: range(zero..<zero + 1))
            return
        }
        advance()
        while token.kind != .endOfText {
            do throws(Failure) {
                try statement()
            } catch {
                recover(nesting: error.nesting)
            }
        }
    }

    private mutating func advance() { token = lexer.next() }

    private func range(_ bytes: Range<Int>) -> SourceRange { SourceRange(source: source, bytes: bytes) }

    private mutating func statement() throws(Failure) {
        switch token.kind {
        case .newline, .semicolon: advance()
        case .identifier:
            let name = token
            advance()
            guard token.kind == .equals || token.kind == .plusEquals else {
                throw unexpected("\"=\" or \"+=\" after \"\(spelling(name))\"", nesting: 0)
            }
            let operation: ConfigSetting.Operation = token.kind == .equals ? .assign : .append
            advance()
            let value = try value(nesting: 0)
            settings.append(
                ConfigSetting(
                    name: spelling(name), nameRange: range(name.bytes), operation: operation, value: value))
            switch token.kind {
            case .newline, .semicolon: advance()
            case .endOfText: break
            default: throw unexpected("the end of the line or \";\" after the value", nesting: 0)
            }
        default: throw unexpected("the name of a key", nesting: 0)
        }
    }

    private mutating func value(nesting: Int) throws(Failure) -> ConfigValue {
        switch token.kind {
        case .number:
            let text = ConfigText(
                bytes: Array(lexer.bytes[token.bytes]), range: range(token.bytes), isQuoted: false,
                runs: [ConfigText.Run(start: 0, source: source, offset: token.bytes.lowerBound)])
            advance()
            return .text(text)
        case .string:
            let literal = StringLiteral(lexer.bytes, range: token.bytes, source: source)
            for problem in literal.problems { sink.error(.invalidEscape, problem.message, at: range(problem.bytes)) }
            let text = ConfigText(
                bytes: literal.bytes, range: range(token.bytes), isQuoted: true, runs: literal.runs)
            advance()
            return .text(text)
        case .openBracket: return .list(try list(nesting: nesting + 1))
        default: throw unexpected("a quoted string, a number or a list", nesting: nesting)
        }
    }

    private mutating func list(nesting: Int) throws(Failure) -> ConfigList {
        let opening = token.bytes
        guard nesting <= ConfigDocument.maximumNesting else {
            sink.error(.limit, "lists are nested deeper than \(ConfigDocument.maximumNesting)", at: range(opening))
            throw Failure(nesting: nesting - 1)
        }
        advance()
        skipNewlines()
        var elements: [ConfigValue] = []
        while token.kind != .closeBracket {
            if token.kind == .endOfText || isStartOfSetting {
                sink.error(
                    .syntax, "the list that begins here is not closed", at: range(opening), expected: "\"]\"")
                throw Failure(nesting: 0)
            }
            elements.append(try value(nesting: nesting))
            skipNewlines()
            switch token.kind {
            case .comma:
                advance()
                skipNewlines()
            case .string, .number, .openBracket:
                sink.error(
                    .syntax, "two list elements without a comma between them",
                    at: range(token.bytes), expected: "\",\" before this element")
            case .closeBracket, .endOfText, .identifier: break
            default: throw unexpected("\",\" or \"]\"", nesting: nesting)
            }
        }
        let whole = opening.lowerBound..<token.bytes.upperBound
        advance()
        return ConfigList(elements: elements, range: range(whole))
    }

    private mutating func skipNewlines() {
        while token.kind == .newline { advance() }
    }

    /// Whether the token begins a new `key =` on a line of its own, as it does where a list was not closed.
    private var isStartOfSetting: Bool {
        guard token.kind == .identifier else { return false }
        var ahead = lexer
        let next = ahead.next().kind
        return next == .equals || next == .plusEquals
    }

    /// Goes on after a problem: at the next line or, in a list, after the list or where a setting begins.
    private mutating func recover(nesting: Int) {
        var nesting = nesting
        var isAtLineStart = false
        if nesting == 0, isStartOfSetting { return }
        while token.kind != .endOfText {
            if isAtLineStart, isStartOfSetting { return }
            isAtLineStart = token.kind == .newline
            switch token.kind {
            case .newline where nesting <= 0: return
            case .openBracket where nesting > 0: nesting += 1
            case .closeBracket where nesting > 0: nesting -= 1
            default: break
            }
            advance()
        }
    }

    private func spelling(_ token: Token) -> String {
        String(decoding: lexer.bytes[token.bytes], as: UTF8.self)
    }

    /// Reports that the token does not fit, in words that suit what it is.
    private mutating func unexpected(_ expected: String, nesting: Int) -> Failure {
        let place = range(token.bytes)
        switch token.kind {
        case .unterminatedString:
            sink.error(
                .unterminatedString, "the string is not closed on its line", at: place, expected: "a closing quote")
        case .invalid: reportInvalid(expected, at: place)
        case .endOfText: sink.error(.syntax, "the text ends too early", at: place, expected: expected)
        case .newline: sink.error(.syntax, "the line ends too early", at: range(lineEnd), expected: expected)
        case .identifier where isLikelyUnit:
            sink.error(
                .syntax, "a number is followed by \"\(spelling(token))\"; numbers take no unit", at: place,
                expected: expected)
        case .identifier where nesting > 0 || settings.isEmpty || expected.hasPrefix("a quoted"):
            sink.error(
                .syntax, "unexpected \"\(spelling(token))\"; text must be in quotes, and yes or no is 1 or 0",
                at: place,
                expected: expected)
        default: sink.error(.syntax, "unexpected \"\(spelling(token))\"", at: place, expected: expected)
        }
        return Failure(nesting: nesting)
    }

    /// Where a newline token's line ends: a comment belongs to the token but is not at fault.
    private var lineEnd: Range<Int> { token.bytes.lowerBound..<token.bytes.lowerBound }

    private var isLikelyUnit: Bool {
        let start = token.bytes.lowerBound
        return start > 0 && Lexer.isDigit(lexer.bytes[start - 1])
    }

    private mutating func reportInvalid(_ expected: String, at place: SourceRange) {
        let first = Unicode.Scalar(lexer.bytes[place.bytes.lowerBound])
        let spelled = first.isASCII ? "\"\(first)\"" : "a byte that is not ASCII"
        let place = SourceRange(source: source, bytes: place.bytes.lowerBound..<place.bytes.lowerBound + 1)
        if "+-.():".unicodeScalars.contains(first) {
            let hint = hasPythonHint ? "" : "; Python code is not accepted in configurations"
            hasPythonHint = true
            sink.error(.syntax, "unexpected \(spelled) outside quotes\(hint)", at: place, expected: expected)
        } else if ("A"..."Z").contains(first) {
            sink.error(
                .syntax, "unexpected \(spelled): names of keys have no capital letters, and text must be in quotes",
                at: place, expected: expected)
        } else {
            sink.error(.syntax, "unexpected \(spelled) outside quotes", at: place, expected: expected)
        }
    }
}
