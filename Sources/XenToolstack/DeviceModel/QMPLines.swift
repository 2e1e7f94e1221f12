/// Takes lines out of a stream of bytes that come in pieces of any size.
struct QMPLines {
    /// Most bytes of one message; upstream's limit, too.
    static let limit = 1 << 20

    private var bytes: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where no end of that line was found.
    private var searched = 0

    mutating func append(_ piece: some Collection<UInt8>) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: piece)
    }

    /// The next whole line that is not empty, without its end; nil when there is none yet.
    ///
    /// - Throws: `tooLong` when a line has no end within the limit.
    mutating func next() throws(QMPError) -> [UInt8]? {
        while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            var line = bytes[start..<end]
            start = end + 1
            searched = start
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            guard line.count <= Self.limit else { throw .tooLong(limit: Self.limit) }
            if !line.isEmpty { return Array(line) }
        }
        searched = bytes.endIndex
        guard bytes.count - start <= Self.limit else { throw .tooLong(limit: Self.limit) }
        return nil
    }
}
