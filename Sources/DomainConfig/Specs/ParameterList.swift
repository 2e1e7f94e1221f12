/// A grammar of `key=value` words and flags, described by its rows.
struct ParameterList<Device: Sendable>: Sendable {
    let grammar: SpecGrammar
    private let rows: [SpecRow<Device>]
    private let index: [String: Int]
    /// Whether blanks around keys and values are left out.
    private let trimsBlanks: Bool
    private let ignoresUnknown: Bool
    private let ignoresMisshapen: Bool
    private let ignoresBlanks: Bool
    private let endsAtWord: Bool

    /// - Parameters:
    ///   - key: the key of `xl.cfg`.
    ///   - trimsBlanks: whether blanks around keys and values are left out.
    ///   - ignoresUnknown: whether upstream's xl goes on after an unknown parameter of a configuration.
    ///   - ignoresMisshapen: whether it does after one with a value that takes none, or without the one that it needs.
    ///   - ignoresBlanks: whether blanks where a parameter should be are a warning only.
    ///   - endsAtWord: whether a word without a value ends a specification of a configuration, and what follows is lost.
    init(
        key: String, trimsBlanks: Bool = false, ignoresUnknown: Bool = false, ignoresMisshapen: Bool = false,
        ignoresBlanks: Bool = false, endsAtWord: Bool = false, rows: [SpecRow<Device>]
    ) {
        grammar = SpecGrammar(key: key, parameters: rows.map(\.parameter))
        self.rows = rows
        self.trimsBlanks = trimsBlanks
        self.ignoresUnknown = ignoresUnknown
        self.ignoresMisshapen = ignoresMisshapen
        self.ignoresBlanks = ignoresBlanks
        self.endsAtWord = endsAtWord
        index = Dictionary(rows.enumerated().map { ($1.parameter.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Reads a comma-separated list of a configuration.
    func parse(_ text: SpecText, into device: Device) throws(SpecError) -> ParsedSpec<Device> {
        var reader = Reader(list: self, device: device, isTolerant: true)
        for part in text.parts() { reader.read(part, of: text) }
        return try reader.finish()
    }

    /// Reads words of a command line, one parameter each.
    func parse(words: [String], into device: Device) throws(SpecError) -> ParsedSpec<Device> {
        var reader = Reader(list: self, device: device, isTolerant: false)
        for (position, word) in words.enumerated() {
            let text = SpecText(word, word: position)
            reader.read(text.wholeRange, of: text)
        }
        return try reader.finish()
    }

    /// Reads some parts of a text.
    func read(
        _ parts: some Sequence<Range<Int>>, of text: SpecText, into device: inout Device,
        warnings: inout [SpecWarning]
    ) throws(SpecError) {
        var reader = Reader(list: self, device: device, isTolerant: true)
        for part in parts { reader.read(part, of: text) }
        let result = try reader.finish()
        device = result.value
        warnings += result.warnings
    }

    /// The parameters that make a device out of an unset one.
    func words(for device: Device) throws(SpecError) -> [String] {
        var words: [String] = []
        for row in rows {
            guard let value = row.write(device) else { continue }
            let name = row.parameter.name
            if row.parameter.form == .flag {
                words.append(name)
                continue
            }
            let text = SpecText(value)
            let isCut = trimsBlanks && text.trimmed(text.wholeRange) != text.wholeRange
            guard !value.utf8.contains(UInt8(ascii: ",")), !isCut else {
                throw SpecError(
                    .inexpressible, "\(grammar.key): \(name) cannot be written: its value holds a separator", at: 0..<0)
            }
            words.append("\(name)=\(value)")
        }
        return words
    }

    /// Reads one parameter after the other into a device.
    struct Reader {
        private let list: ParameterList
        private var seen: Set<String> = []
        private var result: ParsedSpec<Device>
        private var faults = SpecFaults()
        /// Whether a word has ended the specification.
        private var isEnded = false

        /// - Parameter isTolerant: whether what upstream's xl goes on with is a warning only.
        init(list: ParameterList, device: Device, isTolerant: Bool) {
            self.list = list
            result = ParsedSpec(device)
            faults.isTolerant = isTolerant
        }

        mutating func read(_ part: Range<Int>, of text: SpecText) {
            guard !isEnded else { return }
            var faults = faults
            faults.collect { () throws(SpecError) in try readParameter(part, of: text) }
            self.faults = faults
        }

        /// - Throws: the faults of all parameters.
        func finish() throws(SpecError) -> ParsedSpec<Device> {
            try faults.throwIfAny()
            return ParsedSpec(result.value, warnings: result.warnings + faults.tolerated)
        }

        private mutating func readParameter(_ part: Range<Int>, of text: SpecText) throws(SpecError) {
            let part = list.trimsBlanks ? text.trimmed(part) : text.withoutLeadingSpaces(part)
            guard !part.isEmpty else {
                let problem = text.error(.syntax, "empty parameter", at: part)
                guard list.ignoresBlanks else { throw problem }
                result.warnings.append(problem)
                return
            }
            let pair = text.pair(part)
            if pair == nil, list.endsAtWord, faults.isTolerant {
                isEnded = true
                throw text.error(
                    .syntax, "\"\(text.string(part))\" has no value; nothing that follows it counts",
                    at: part.lowerBound..<text.bytes.count, expected: "NAME=VALUE"
                ).tolerated(.ignored)
            }
            let key = pair.map { list.trimsBlanks ? text.trimmed($0.key) : $0.key } ?? part
            let name = text.string(key)
            guard let row = list.index[name].map({ list.rows[$0] }) else { throw unknown(name, at: key, of: text) }
            guard (pair == nil) == (row.parameter.form == .flag) else {
                let problem = misshapen(row.parameter, part, text)
                throw list.ignoresMisshapen ? problem.tolerated(.ignored) : problem
            }
            if !seen.insert(name).inserted {
                result.warnings.append(
                    text.error(.repeated, "\(name) is given more than once; the last one counts", at: key))
            }
            var range = pair?.value ?? part
            if list.trimsBlanks { range = text.trimmed(range) }
            try row.read(&result.value, SpecValue(text: text, parameter: row.parameter, range: range))
            if let notice = row.notice { result.warnings.append(text.error(notice.kind, notice.message, at: part)) }
        }

        private func unknown(_ name: String, at range: Range<Int>, of text: SpecText) -> SpecError {
            let problem = text.error(
                .unknownParameter, "unknown parameter \"\(name)\" in \(list.grammar.key)", at: range,
                suggestion: Suggestion.nearest(to: name, among: list.grammar.parameters.map(\.name)))
            return list.ignoresUnknown ? problem.tolerated(.ignored) : problem
        }

        private func misshapen(_ parameter: SpecParameter, _ part: Range<Int>, _ text: SpecText) -> SpecError {
            parameter.form == .flag
                ? text.error(.syntax, "\(parameter.name) takes no value", at: part)
                : text.error(
                    .syntax, "\(parameter.name) needs a value", at: part,
                    expected: "\(parameter.name)=\(parameter.expectation)")
        }
    }
}
