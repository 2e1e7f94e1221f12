/// A text in the configuration language and the name under which messages show it.
public struct ConfigSource: Hashable, Sendable {
    /// A file's path, or `command line`.
    public let name: String
    /// The text, in whatever encoding.
    public let bytes: [UInt8]
    /// Offset of the first byte of each line, ascending; never empty.
    private let lineStarts: [Int]

    /// Largest text that is read, in bytes.
    public static let maximumSize = 1 << 20

    /// The name of the source made of `key=value` words.
    public static let commandLineName = "command line"

    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
        lineStarts = starts
    }

    /// A text that is at hand.
    ///
    /// - Parameter name: by which messages call it.
    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// The source that `key=value` words of a command line make: a line for each.
    public static func commandLine(_ words: [String]) -> ConfigSource {
        ConfigSource(name: commandLineName, bytes: Array(words.map { $0 + "\n" }.joined().utf8))
    }

    /// A place in the source as people count it.
    public struct Position: Hashable, Sendable {
        /// Line number, from 1.
        public var line: Int
        /// Column number in characters (not bytes), from 1.
        public var column: Int
    }

    /// The position of a byte; offsets outside the text are moved to its nearest end.
    public func position(of offset: Int) -> Position {
        let offset = clamped(offset)
        let index = lineIndex(of: offset)
        return Position(line: index + 1, column: characterCount(lineStarts[index]..<offset) + 1)
    }

    /// The bytes of the line that holds `offset`, without its line end.
    func lineRange(of offset: Int) -> Range<Int> {
        let start = lineStarts[lineIndex(of: clamped(offset))]
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return start..<end
    }

    /// The number of UTF-8 sequences that begin in a range; a byte-order mark counts as nothing.
    func characterCount(_ range: Range<Int>) -> Int {
        var range = range
        if range.lowerBound == 0, range.count >= 3, bytes.starts(with: Self.byteOrderMark) {
            range = 3..<range.upperBound
        }
        return range.reduce(0) { bytes[$1] & 0xC0 == 0x80 ? $0 : $0 + 1 }
    }

    /// U+FEFF in UTF-8, which some editors put at the start of a file.
    static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private func clamped(_ offset: Int) -> Int { min(max(offset, 0), bytes.count) }

    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

/// A stretch of one of a document's sources.
public struct SourceRange: Hashable, Sendable {
    /// Index into the document's sources.
    public var source: Int
    /// Offsets of bytes.
    public var bytes: Range<Int>

    public init(source: Int, bytes: Range<Int>) {
        self.source = source
        self.bytes = bytes
    }
}
