/// A value that has no JSON form.
package struct JSONEncodingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the value, as in `config.disks[2].vdev`; empty for the value itself.
    package let path: String
    /// What is wrong there.
    package let reason: String

    package var description: String {
        path.isEmpty ? "cannot write JSON: \(reason)" : "cannot write JSON for \(path): \(reason)"
    }
}
