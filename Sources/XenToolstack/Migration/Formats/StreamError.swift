/// Why a saved domain cannot be read: where in the stream, what is there, and what the user can do.
public struct StreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes of the stream before what is wrong.
    public var offset: UInt64
    /// What is wrong with it.
    public var message: String
    /// What the user can do about it.
    public var remedy: String?
    /// Whether it ends too early, or cannot be read; what is there may well be right.
    public var isEnd = false

    /// A fault in a stream.
    ///
    /// - Parameter offset: bytes before it.
    public init(at offset: UInt64, _ message: String, remedy: String? = nil) {
        self.offset = offset
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(message) (at byte \(offset))" }
}
