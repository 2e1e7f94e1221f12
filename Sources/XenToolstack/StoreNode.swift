import XenStore
import XenTypes

/// One node that a plan will write: path, value and who may see it.
public struct StoreNode: Sendable, Hashable {
    /// The node.
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

extension StoreNode {
    /// What makes the node.
    var changes: [StoreChange] {
        let node = value.map { StoreChange.write(path, $0) } ?? .makeDirectory(path)
        return [node] + (permissions.map { [.setPermissions($0, of: path)] } ?? [])
    }
}

extension StoreTransaction {
    /// Removes nodes with all below them, and then writes others in order.
    func apply(_ nodes: [StoreNode], removing removed: [StorePath] = []) throws(StoreError) {
        try perform(removed.map { .remove($0) } + nodes.flatMap(\.changes))
    }
}
