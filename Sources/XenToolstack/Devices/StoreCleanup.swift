import XenStore

extension StoreConnection {
    /// Removes the nodes above removed ones that are left without value and children, and those above them.
    ///
    /// - Parameters:
    ///   - last: go in the same moment: somebody who is cut off before it can begin again with what they say.
    ///   - attempts: how often to try before the error `contention`.
    func removeEmptyParents(
        of removed: [StorePath], with last: [StorePath] = [], attempts: Int = defaultAttempts
    ) throws(StoreError) {
        try transaction(attempts: attempts) { transaction throws(StoreError) in
            try transaction.perform(last.map { .remove($0) })
            var removed = removed + last
            while !removed.isEmpty {
                let parents = Set(removed.compactMap(\.parent)).subtracting([.root]).sorted()
                let (values, children) = (try transaction.readBytes(parents), try transaction.list(parents))
                removed = parents.indices.filter { values[$0]?.isEmpty == true && children[$0]?.isEmpty == true }
                    .map { parents[$0] }
                try transaction.perform(removed.map { .remove($0) })
            }
        }
    }
}
