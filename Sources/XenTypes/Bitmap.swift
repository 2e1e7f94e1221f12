/// A set of CPU, node or vCPU numbers.
///
/// In JSON it is the array of its members in ascending order, as libxl writes bitmaps.
public struct Bitmap: Hashable, Sendable, Codable, ExpressibleByArrayLiteral, Sequence {
    /// Bit n of the set is bit n % 64 of word n / 64; no trailing zero words.
    private var words: [UInt64] = []

    public init() {}

    /// The set of some numbers, none of which is negative.
    public init(_ members: some Sequence<Int>) {
        for member in members { insert(member) }
    }

    /// All numbers of a range, at the cost of one step for each 64 of them.
    ///
    /// - Precondition: no number is negative.
    public init(_ members: Range<Int>) {
        guard !members.isEmpty else { return }
        precondition(members.lowerBound >= 0)
        words = Array(repeating: 0, count: (members.upperBound - 1) / 64 + 1)
        for index in members.lowerBound / 64..<words.count { words[index] = .max }
        words[members.lowerBound / 64] &= .max << (members.lowerBound % 64)
        words[words.count - 1] &= .max >> ((64 - members.upperBound % 64) % 64)
    }

    public init(arrayLiteral members: Int...) { self.init(members) }

    /// Bytes with bit n of the set at bit n % 8 of byte n / 8, the layout of libxc's maps.
    public init(bytes: some Sequence<UInt8>) {
        for (index, byte) in bytes.enumerated() {
            for bit in 0..<8 where byte >> bit & 1 == 1 { insert(index * 8 + bit) }
        }
    }

    /// Whether it has no members.
    public var isEmpty: Bool { words.isEmpty }
    /// How many members it has.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    /// The greatest member; nil for an empty set.
    public var max: Int? { words.last.map { words.count * 64 - 1 - $0.leadingZeroBitCount } }

    /// Whether a number is a member.
    public func contains(_ member: Int) -> Bool {
        guard member >= 0, member / 64 < words.count else { return false }
        return words[member / 64] >> (member % 64) & 1 == 1
    }

    /// - Precondition: `member` is not negative.
    public mutating func insert(_ member: Int) {
        precondition(member >= 0)
        while words.count <= member / 64 { words.append(0) }
        words[member / 64] |= 1 << (member % 64)
    }

    /// Takes a number out, if it is a member.
    public mutating func remove(_ member: Int) {
        guard member >= 0, member / 64 < words.count else { return }
        words[member / 64] &= ~(1 << (member % 64))
        trim()
    }

    /// The members of either set.
    public func union(_ other: Bitmap) -> Bitmap {
        var result = self
        while result.words.count < other.words.count { result.words.append(0) }
        for index in other.words.indices { result.words[index] |= other.words[index] }
        return result
    }

    /// The members of both sets.
    public func intersection(_ other: Bitmap) -> Bitmap {
        var result = Bitmap()
        result.words = zip(words, other.words).map { $0 & $1 }
        result.trim()
        return result
    }

    /// The members that are not in the other set.
    public func subtracting(_ other: Bitmap) -> Bitmap {
        var result = self
        for index in result.words.indices where index < other.words.count { result.words[index] &= ~other.words[index] }
        result.trim()
        return result
    }

    /// The members as `count` bytes in libxc's layout; members beyond that are left out.
    public func bytes(count: Int) -> [UInt8] {
        (0..<count).map { index in
            index / 8 < words.count ? UInt8(truncatingIfNeeded: words[index / 8] >> (index % 8 * 8)) : 0
        }
    }

    /// The members in ascending order.
    public func makeIterator() -> AnyIterator<Int> {
        var word = 0
        var rest = words.first ?? 0
        return AnyIterator { [words] in
            while rest == 0 {
                word += 1
                guard word < words.count else { return nil }
                rest = words[word]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return word * 64 + bit
        }
    }

    private mutating func trim() {
        while words.last == 0 { words.removeLast() }
    }

    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        while !container.isAtEnd {
            let member = try container.decode(Int.self)
            guard (0..<65536).contains(member) else {
                let reason = "bit number out of range 0...65535: \(member)"
                throw DecodingError.dataCorrupted(.init(codingPath: container.codingPath, debugDescription: reason))
            }
            insert(member)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for member in self { try container.encode(member) }
    }
}
