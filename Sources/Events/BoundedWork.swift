extension Collection where Element: Sendable {
    /// Does work for each element, for so many at once, in their order.
    ///
    /// - Returns: the results, at their elements' places; nil for work that had not begun when the task was cancelled.
    public func concurrentMap<Result: Sendable>(
        atMost limit: Int, _ work: @escaping @Sendable (Element) async -> Result
    ) async -> [Result?] {
        var results = [Result?](repeating: nil, count: count)
        await withTaskGroup(of: (Int, Result).self) { group in
            var waiting = enumerated().makeIterator()
            var running = 0
            while true {
                while running < limit, !Task.isCancelled, let (index, element) = waiting.next() {
                    running += 1
                    group.addTask { (index, await work(element)) }
                }
                guard let (index, result) = await group.next() else { return }
                running -= 1
                results[index] = result
            }
        }
        return results
    }
}
