import XenStore
import XenTypes

/// One node that a plan will write: path, value and who may see it.
public struct StoreNode: Sendable, Hashable {
    public let path: StorePath
    /// nil makes the directory node only (an empty value with `mkdir`).
    public let value: String?
    /// nil inherits the parent's permissions, as xenstored does for new nodes.
    public let permissions: StorePermissions?

    public init(_ path: StorePath, _ value: String?, _ permissions: StorePermissions? = nil) {
        self.path = path
        self.value = value
        self.permissions = permissions
    }
}

extension StoreAccess {
    /// Writes the nodes in order.
    public func apply(_ nodes: [StoreNode]) throws(StoreError) {
        for node in nodes {
            if let value = node.value {
                try write(node.path, value)
            } else {
                try makeDirectory(node.path)
            }
            if let permissions = node.permissions { try setPermissions(permissions, of: node.path) }
        }
    }
}
