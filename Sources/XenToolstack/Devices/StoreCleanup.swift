import XenStore

extension StoreTransaction {
    /// Removes nodes and all below them, and then the nodes above them that are left without value and children.
    func removeWithEmptyParents(_ paths: [StorePath]) throws(StoreError) {
        var removed = paths
        while !removed.isEmpty {
            try perform(removed.map { .remove($0) })
            let parents = Set(removed.compactMap(\.parent)).subtracting([.root]).sorted()
            let (values, children) = (try readBytes(parents), try list(parents))
            removed = parents.indices.filter { values[$0]?.isEmpty == true && children[$0]?.isEmpty == true }
                .map { parents[$0] }
        }
    }
}
