/// Why a saved domain cannot be read: where in the stream, what is there, and what the user can do.
public struct StreamError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Bytes of the stream before what is wrong.
    public var offset: UInt64
    public var message: String
    public var remedy: String?
    /// Whether it ends too early, or cannot be read; what is there may well be right.
    public var isEnd = false

    public init(at offset: UInt64, _ message: String, remedy: String? = nil) {
        self.offset = offset
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(message) (at byte \(offset))" }
}
