import XenStore

extension StoreAccess {
    /// Removes a node and all below it, and then each node above it that is left without value and children.
    func removeWithEmptyParents(_ path: StorePath) throws(StoreError) {
        guard try remove(path) else { return }
        var next = path.parent
        while let node = next, node != .root {
            guard try readBytes(node)?.isEmpty == true, try list(node)?.isEmpty == true else { return }
            try remove(node)
            next = node.parent
        }
    }
}
