import CXen
import XenTypes

/// The path of a node in xenstore, or one of the special watch names such as `@releaseDomain`.
///
/// A path is a plain value: it is checked when a request uses it (`problem` says what is wrong with it),
/// so that composing paths needs no `try`.
public struct StorePath: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByStringInterpolation {
    public let description: String

    /// The path that a text is; xenstored refuses what is none.
    public init(_ text: some StringProtocol) { description = String(text) }
    public init(stringLiteral value: String) { description = value }

    /// The root.
    public static let root: StorePath = "/"

    /// Fires when a domain is introduced to xenstored.
    public static let introduceDomain: StorePath = "@introduceDomain"
    /// Fires when a domain is released, has shut down or has died.
    public static let releaseDomain: StorePath = "@releaseDomain"

    /// Longest absolute path in bytes (`XENSTORE_ABS_PATH_MAX` in `xen/io/xs_wire.h`).
    public static let maximumLength = Int(XENSTORE_ABS_PATH_MAX)
    /// Longest relative path in bytes (`XENSTORE_REL_PATH_MAX` in `xen/io/xs_wire.h`).
    public static let maximumRelativeLength = Int(XENSTORE_REL_PATH_MAX)

    /// The node `component` below `path`; the component may itself have several parts ("device/vbd").
    public static func / (path: StorePath, component: some CustomStringConvertible) -> StorePath {
        path == .root ? StorePath("/\(component)") : StorePath("\(path.description)/\(component)")
    }

    public static func < (a: StorePath, b: StorePath) -> Bool { a.description < b.description }

    /// Whether it is below `/local/domain/DOMID` of another domain than the control domain.
    var isInHome: Bool {
        let words = description.split(separator: "/")
        return words.count > 3 && words[0] == "local" && words[1] == "domain" && words[2] != "0"
    }

    /// The text after the last slash; empty for the root.
    public var lastComponent: String {
        guard let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return description }
        return String(description[description.index(after: slash)...])
    }

    /// The parts between slashes.
    public var components: [Substring] { description.split(separator: "/") }

    /// The node above this one; nil for the root, for a single relative part and for special names.
    public var parent: StorePath? {
        guard self != .root, let slash = description.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == description.startIndex ? .root : StorePath(description[..<slash])
    }

    /// Whether `other` is this node or lies below it.
    public func contains(_ other: StorePath) -> Bool {
        if self == .root { return other.description.hasPrefix("/") }
        return self == other || other.description.utf8.starts(with: (description + "/").utf8)
    }

    /// The part of `other` below this node, without a leading slash; nil when `other` is not below it.
    public func relativePart(of other: StorePath) -> String? {
        guard self != other, contains(other) else { return nil }
        return String(other.description.utf8.dropFirst(self == .root ? 1 : description.utf8.count + 1))
    }

    /// What makes this path unusable, or nil when xenstored takes it.
    ///
    /// The rules are those of `docs/misc/xenstore.txt`: letters, digits and `-/_@`, no empty part,
    /// no slash at the end.
    public var problem: String? {
        let bytes = description.utf8
        if bytes.isEmpty { return "the path is empty" }
        let limit = bytes.first == UInt8(ascii: "/") ? Self.maximumLength : Self.maximumRelativeLength
        if bytes.count > limit { return "the path has \(bytes.count) bytes, more than \(limit)" }
        if self != .root, bytes.last == UInt8(ascii: "/") { return "the path ends in a slash" }
        var previous: UInt8 = 0
        for byte in bytes {
            guard byte.isAllowedInStorePath else {
                return "the path contains \(Self.shown(byte)); letters, digits and -/_@ are allowed"
            }
            if byte == UInt8(ascii: "/"), previous == byte { return "the path has an empty part" }
            previous = byte
        }
        return nil
    }

    private static func shown(_ byte: UInt8) -> String {
        0x21...0x7E ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
    }
}
