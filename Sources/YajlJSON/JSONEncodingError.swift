/// A value that has no JSON form.
public struct JSONEncodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the value, as in `config.disks[2].vdev`; empty for the value itself.
    public let path: String
    /// What is wrong there.
    public let reason: String

    public var description: String {
        path.isEmpty ? "cannot write JSON: \(reason)" : "cannot write JSON for \(path): \(reason)"
    }
}
