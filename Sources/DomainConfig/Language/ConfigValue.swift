import XenTypes

/// The bytes of a quoted string or of a number, and where each of them stands in the source.
///
/// Bytes are kept as they are written: a string need not be valid UTF-8.
public struct ConfigText: Hashable, Sendable {
    /// The text, without quotes and with its escapes resolved.
    public private(set) var bytes: [UInt8]
    /// Where the text stands in its source, quotes included; for a text made by `+=`, its last part.
    public private(set) var range: SourceRange
    /// Whether it was written in quotes.
    public let isQuoted: Bool
    /// Runs of bytes that follow each other in the source as they do in `bytes`, ascending.
    private var runs: [Run]

    struct Run: Hashable, Sendable {
        /// Offset in the text of the run's first byte.
        var start: Int
        /// Where that byte stands.
        var source: Int
        var offset: Int
    }

    init(bytes: [UInt8], range: SourceRange, isQuoted: Bool, runs: [Run]) {
        self.bytes = bytes
        self.range = range
        self.isQuoted = isQuoted
        self.runs = runs
    }

    /// The text as a string; bytes that are no UTF-8 are escaped as `String(escapingBytes:)` says.
    public var string: String { String(escapingBytes: bytes) }

    /// Where a stretch of the text stands in the source; a stretch outside the text gives all of it.
    public func sourceRange(_ stretch: Range<Int>) -> SourceRange {
        guard stretch.lowerBound >= 0, stretch.upperBound <= bytes.count, !stretch.isEmpty || !bytes.isEmpty else {
            return range
        }
        guard let first = runIndex(at: stretch.lowerBound).map({ runs[$0] }) else { return range }
        let start = first.offset + stretch.lowerBound - first.start
        guard let lastIndex = runIndex(at: max(stretch.upperBound - 1, stretch.lowerBound)),
            runs[lastIndex].source == first.source
        else { return SourceRange(source: first.source, bytes: start..<start + 1) }
        var end = runs[lastIndex].offset + stretch.upperBound - runs[lastIndex].start
        // One byte that was written as an escape reaches to where the next run begins.
        if lastIndex + 1 < runs.count, runs[lastIndex + 1].start == stretch.upperBound,
            (end...end + 3).contains(runs[lastIndex + 1].offset)
        {
            end = runs[lastIndex + 1].offset
        }
        return SourceRange(source: first.source, bytes: start..<max(start, end))
    }

    private func runIndex(at offset: Int) -> Int? {
        var low = 0
        var high = runs.count
        while low < high {
            let middle = low + (high - low) / 2
            if runs[middle].start <= offset { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// Adds what a `+=` gives.
    mutating func append(_ other: ConfigText) {
        let shift = bytes.count
        bytes.append(contentsOf: other.bytes)
        runs.append(contentsOf: other.runs.map { Run(start: $0.start + shift, source: $0.source, offset: $0.offset) })
        range = other.range
    }
}

/// A list as written, possibly with lists in it.
public struct ConfigList: Hashable, Sendable {
    /// In their order.
    public var elements: [ConfigValue]
    /// From the opening to the closing bracket; for a list made by `+=`, its last part.
    public var range: SourceRange
}

/// What can stand at the right of `=`.
public enum ConfigValue: Hashable, Sendable {
    /// A string or a number: the language does not tell them apart until a key's type asks.
    case text(ConfigText)
    /// A list.
    case list(ConfigList)

    /// Where it is written.
    public var range: SourceRange {
        switch self {
        case .text(let text): text.range
        case .list(let list): list.range
        }
    }
}

/// One assignment as written.
public struct ConfigSetting: Hashable, Sendable {
    /// What becomes of an earlier value of the key.
    public enum Operation: Hashable, Sendable {
        /// `=`
        case assign
        /// `+=`
        case append
    }

    /// The key.
    public var name: String
    /// Where the key is written.
    public var nameRange: SourceRange
    /// What becomes of an earlier value.
    public var operation: Operation
    /// The value.
    public var value: ConfigValue
}

/// The assignments of one or several sources in the order in which they are written.
public struct ConfigDocument: Sendable {
    /// The texts that were read, which places refer to.
    public var sources: [ConfigSource]
    /// What they set, in their order.
    public var settings: [ConfigSetting]
    /// What was wrong with the text, in the order of the sources.
    public var diagnostics: [Diagnostic]

    /// Whether there is an error among the diagnostics.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
