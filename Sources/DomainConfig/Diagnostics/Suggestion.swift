/// Finds the word that was probably meant.
enum Suggestion {
    /// The candidate nearest to `word`, if it is near enough to be meant: at most a third of its letters differ. Of
    /// those equally near, the first of the same length: a wrong letter is likelier than a missing one.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased().utf8)
        guard (1...64).contains(letters.count) else { return nil }
        var best: (word: String, cost: Int)?
        for candidate in candidates {
            let other = Array(candidate.lowercased().utf8)
            let limit = max(letters.count, other.count) / 3
            guard candidate != word, limit > 0 || other == letters, abs(letters.count - other.count) <= limit else {
                continue
            }
            let distance = distance(letters, other)
            let cost = 2 * distance + (letters.count == other.count ? 0 : 1)
            if distance <= limit, cost < best?.cost ?? Int.max { best = (candidate, cost) }
        }
        return best?.word
    }

    /// The number of letters to insert, remove, replace or swap with their neighbour to turn one word into the other.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in 1...a.count {
            var current = [i]
            current.reserveCapacity(b.count + 1)
            for j in 1...b.count {
                var cost = min(last[j] + 1, current[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[b.count]
    }
}
