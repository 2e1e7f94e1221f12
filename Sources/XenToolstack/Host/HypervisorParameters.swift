import Glibc
import XenControl

/// A word of the hypervisor's command line that is to hold from now on.
public struct ParameterChange: Hashable, Sendable {
    /// The parameter.
    public var name: String
    /// What it is set to.
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Reads words with blanks between them: `NAME=VALUE`, `NAME` for yes, and `noNAME` for no.
    public static func parse(_ text: String) -> [ParameterChange] {
        text.split { $0 == " " || $0 == "\t" }.map { word in
            if let equals = word.firstIndex(of: "=") {
                return ParameterChange(
                    name: String(word[..<equals]), value: String(word[word.index(after: equals)...]))
            }
            return word.hasPrefix("no")
                ? ParameterChange(name: String(word.dropFirst(2)), value: "no")
                : ParameterChange(name: String(word), value: "yes")
        }
    }
}

extension Toolstack {
    /// Changes parameters of the hypervisor, in their order.
    ///
    /// - Throws: `notFound` for one that cannot be changed while the hypervisor runs, and then none is; `notSupported`
    ///   where none can.
    public func setParameters(_ changes: [ParameterChange]) throws(ToolstackError) {
        let known: [String]
        do { known = try hypervisor.parameters().filter(\.isWritable).map(\.name) } catch {
            guard error.code == ENOSYS || error.code == EOPNOTSUPP || error.code == ENOENT else {
                throw ToolstackError(.fail, "cannot set parameters", underlying: error)
            }
            throw ToolstackError(.notSupported, "cannot set parameters", cause: absence(of: .parameters))
        }
        for change in changes where !known.contains(change.name) {
            throw ToolstackError(
                .notFound, "cannot set parameters: \(change.name.escapingControls)",
                cause: "the hypervisor has no such parameter that can be changed while it runs",
                remedy: "it has \(known.sorted().joined(separator: ", "))")
        }
        for change in changes {
            do { try hypervisor.setParameter(change.name, to: change.value) } catch {
                throw ToolstackError(
                    .fail, "cannot set parameters: \(change.name)=\(change.value.escapingControls)", underlying: error)
            }
        }
    }
}
