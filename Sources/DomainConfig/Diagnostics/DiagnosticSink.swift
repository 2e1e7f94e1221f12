import XenTypes

/// Collects the diagnostics of a document, turning offsets into lines and columns.
struct DiagnosticSink {
    private let sources: [ConfigSource]
    private(set) var diagnostics: [Diagnostic] = []
    /// Whether there is an error beyond those that are shown: nothing more needs to be looked for.
    private(set) var isOverfull = false

    /// Beyond this many, it is only said that there are more: nobody reads them.
    static let maximumCount = 200
    /// Characters shown of a line that is longer than twice this, on each side of the fault.
    private static let excerptMargin = 60

    init(sources: [ConfigSource], diagnostics: [Diagnostic] = []) {
        self.sources = sources
        self.diagnostics = diagnostics
    }

    /// Whether a further warning would be dropped.
    var isFull: Bool { diagnostics.count > Self.maximumCount }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    mutating func error(
        _ code: DiagnosticCode, _ message: String, at range: SourceRange? = nil, expected: String? = nil,
        suggestion: String? = nil, key: String? = nil
    ) {
        report(.error, code, message, at: range, expected: expected, suggestion: suggestion, key: key)
    }

    mutating func warning(
        _ code: DiagnosticCode, _ message: String, at range: SourceRange? = nil, expected: String? = nil,
        suggestion: String? = nil, key: String? = nil
    ) {
        report(.warning, code, message, at: range, expected: expected, suggestion: suggestion, key: key)
    }

    /// Reports what upstream's xl goes on with.
    mutating func tolerated(
        _ reading: Diagnostic.UpstreamReading, _ code: DiagnosticCode, _ message: String, at range: SourceRange? = nil,
        expected: String? = nil, suggestion: String? = nil, key: String? = nil
    ) {
        report(
            .warning, code, message, at: range, expected: expected, suggestion: suggestion, key: key,
            upstream: reading)
    }

    /// Makes errors of what upstream's xl goes on with.
    mutating func beStrict() {
        for index in diagnostics.indices where diagnostics[index].upstream != nil {
            diagnostics[index].severity = .error
        }
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ code: DiagnosticCode, _ message: String, at range: SourceRange?,
        expected: String?, suggestion: String?, key: String?, upstream: Diagnostic.UpstreamReading? = nil
    ) {
        guard diagnostics.count < Self.maximumCount else {
            if severity == .error { isOverfull = true }
            guard !isFull || isOverfull else { return }
            diagnostics[Self.maximumCount...] = [
                Diagnostic(
                    isOverfull ? .error : .warning, .limit,
                    "more than \(Self.maximumCount) problems; the rest is not shown")
            ]
            return
        }
        diagnostics.append(
            Diagnostic(
                severity, code, message, expected: expected, suggestion: suggestion, key: key,
                location: range.flatMap(location), upstream: upstream))
    }

    /// The diagnostics in the order of their places; those without a place come last.
    func sorted() -> [Diagnostic] {
        let order = Dictionary(sources.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        func rank(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
            guard let place = diagnostic.location else { return (Int.max, 0, 0) }
            return (order[place.file] ?? sources.count, place.line, place.column)
        }
        return diagnostics.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
            .map(\.element)
    }

    private func location(_ range: SourceRange) -> Diagnostic.Location? {
        guard sources.indices.contains(range.source) else { return nil }
        let source = sources[range.source]
        let position = source.position(of: range.bytes.lowerBound)
        let line = source.lineRange(of: range.bytes.lowerBound)
        let start = min(max(range.bytes.lowerBound, line.lowerBound), line.upperBound)
        let end = min(max(range.bytes.upperBound, start), line.upperBound)
        var shown = line
        if line.count > 2 * Self.excerptMargin {
            let first = max(line.lowerBound, start - Self.excerptMargin)
            shown = first..<min(line.upperBound, max(start, min(end, start + Self.excerptMargin)) + Self.excerptMargin)
        }
        if shown.lowerBound == 0, source.bytes.starts(with: ConfigSource.byteOrderMark), shown.count >= 3 {
            shown = 3..<shown.upperBound
        }
        return Diagnostic.Location(
            file: source.name, line: position.line, column: position.column,
            endColumn: position.column + source.characterCount(start..<end),
            sourceLine: String(escapingBytes: source.bytes[shown]),
            sourceColumn: source.characterCount(line.lowerBound..<shown.lowerBound) + 1)
    }
}

private func < (a: ((Int, Int, Int), Int), b: ((Int, Int, Int), Int)) -> Bool {
    a.0 != b.0 ? a.0 < b.0 : a.1 < b.1
}
