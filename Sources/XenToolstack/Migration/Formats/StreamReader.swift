/// Where the bytes of a stream come from.
public protocol ByteSource {
    /// Reads at least one byte and at most as many as fit into `buffer`, which is not empty.
    ///
    /// - Returns: how many; 0 at the end.
    /// - Throws: what the system says.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int
}

/// What the system said when bytes could not be read, in its words.
public struct SourceError: Error, Hashable, Sendable {
    /// Why nothing can be read.
    public var message: String
    public init(_ message: String) { self.message = message }
}

/// Reads a stream exactly as far as asked: what follows may be for somebody else.
///
/// No length that the stream claims makes it take more memory than what has arrived.
public struct StreamReader<Source: ByteSource> {
    private var source: Source
    /// Bytes read so far.
    public private(set) var offset: UInt64 = 0
    /// Most that is read at a time.
    private static var pieceLimit: Int { 1 << 16 }

    /// A reader at the beginning of a source.
    public init(_ source: Source) { self.source = source }

    /// Reads so many bytes.
    ///
    /// - Parameter what: what they are, for the error of a stream that ends before: "the header".
    public mutating func bytes(_ count: Int, of what: String) throws(StreamError) -> [UInt8] {
        var result: [UInt8] = []
        while result.count < count { result += try piece(of: UInt64(count - result.count), in: what) }
        return result
    }

    /// Reads so many bytes and drops them.
    public mutating func skip(_ count: UInt64, of what: String) throws(StreamError) {
        var left = count
        while left > 0 { left -= UInt64(try piece(of: left, in: what).count) }
    }

    /// Reads some bytes of so many that are left, at least one where any are.
    public mutating func piece(of left: UInt64, in what: String) throws(StreamError) -> [UInt8] {
        let limit = Int(min(left, UInt64(Self.pieceLimit)))
        guard limit > 0 else { return [] }
        var failure: SourceError?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
            do throws(SourceError) {
                // A source that claims more than fits would make all counting wrong.
                count = min(
                    max(
                        try source.read(
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: UnsafeMutableRawBufferPointer(memory)[..<limit])), 0), limit)
            } catch {
                failure = error
            }
        }
        let problem: StreamError? =
            if let failure {
                StreamError(at: offset, "\(what) cannot be read: \(failure.message)")
            } else if bytes.isEmpty {
                StreamError(at: offset, "it ends within \(what)", remedy: "it is incomplete: save the domain again")
            } else {
                nil
            }
        if var problem {
            problem.isEnd = true
            throw problem
        }
        offset &+= UInt64(bytes.count)
        return bytes
    }
}

extension StreamReader: Sendable where Source: Sendable {}
