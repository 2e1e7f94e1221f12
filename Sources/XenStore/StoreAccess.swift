import XenTypes

/// What can be done with nodes, directly or inside a transaction.
package protocol StoreAccess: Sendable {
    /// The bytes of each node, or nil where it does not exist: for many, much quicker than one after the other.
    func readBytes(_ paths: [StorePath]) throws(StoreError) -> [[UInt8]?]
    /// Sets a node's value; creates it and its parents when they do not exist.
    func write(_ path: StorePath, bytes: [UInt8]) throws(StoreError)
    /// Creates an empty node and its parents; a node that exists stays as it is.
    func makeDirectory(_ path: StorePath) throws(StoreError)
    /// Removes a node and all below it. False when it did not exist; xenstored may also say true then.
    @discardableResult func remove(_ path: StorePath) throws(StoreError) -> Bool
    /// The names of each node's children in xenstored's order, or nil where the node does not exist: for many, much quicker
    /// than one after the other.
    func list(_ paths: [StorePath]) throws(StoreError) -> [[String]?]
    /// A node's permissions, or nil when it does not exist.
    func permissions(of path: StorePath) throws(StoreError) -> StorePermissions?
    func setPermissions(_ permissions: StorePermissions, of path: StorePath) throws(StoreError)
}

extension StoreAccess {
    /// The bytes of a node, or nil when it does not exist.
    package func readBytes(_ path: StorePath) throws(StoreError) -> [UInt8]? { try readBytes([path])[0] }

    /// The names of a node's children in xenstored's order, or nil when the node does not exist.
    package func list(_ path: StorePath) throws(StoreError) -> [String]? { try list([path])[0] }

    /// A node's value up to its first NUL, as C programs see it; nil when the node does not exist.
    ///
    /// Bytes that are no UTF-8 are kept as `String(escapingBytes:)` does.
    package func read(_ path: StorePath) throws(StoreError) -> String? { try readBytes(path).map(Self.text) }

    /// The nodes' values, as `read(_:)` gives each.
    package func read(_ paths: [StorePath]) throws(StoreError) -> [String?] {
        try readBytes(paths).map { $0.map(Self.text) }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(escapingBytes: bytes.prefix { $0 != 0 }) }

    package func write(_ path: StorePath, _ value: String) throws(StoreError) {
        try write(path, bytes: value.unescapedBytes)
    }

    /// Sets a node's value and then its permissions.
    package func write(
        _ path: StorePath, _ value: String, permissions: StorePermissions
    ) throws(StoreError) {
        try write(path, value)
        try setPermissions(permissions, of: path)
    }

    package func exists(_ path: StorePath) throws(StoreError) -> Bool { try readBytes(path) != nil }
}
