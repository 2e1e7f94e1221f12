/// Numbers that are the same in every run (SplitMix64).
struct FixedNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// An input that was made from another.
struct Derivation {
    /// What was done to it.
    let text: String
    let bytes: [UInt8]

    /// So many places of an input are changed at most.
    private static let places = 48

    /// The input itself, cut off, with one bit the other way round, without a byte, with one twice, and doubled.
    static func small(of input: [UInt8]) -> [Derivation] {
        var numbers = FixedNumbers(seed: UInt64(input.count))
        let places = input.indices.shuffled(using: &numbers).prefix(Self.places).sorted()
        var all = [Derivation(text: "as it is", bytes: input), Derivation(text: "doubled", bytes: input + input)]
        for place in places {
            all.append(Derivation(text: "cut off at \(place)", bytes: Array(input[..<place])))
            var bytes = input
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            all.append(Derivation(text: "with byte \(place) now \(bytes[place])", bytes: bytes))
            bytes[place] = input[place]
            bytes.insert(input[place], at: place)
            all.append(Derivation(text: "with byte \(place) twice", bytes: bytes))
            bytes.removeSubrange(place...place + 1)
            all.append(Derivation(text: "without byte \(place)", bytes: bytes))
        }
        return all
    }
}

/// A way to make an input as long as is wanted: a part of it is repeated.
struct Growth: CustomStringConvertible {
    let input: [UInt8]
    let part: Range<Int>

    var description: String {
        "\(String(decoding: input, as: UTF8.self).debugDescription) with bytes \(part) repeated"
    }

    func bytes(_ count: Int) -> [UInt8] {
        var bytes = Array(input[..<part.lowerBound])
        bytes.reserveCapacity(count + input.count)
        while bytes.count < count { bytes += input[part] }
        return bytes + input[part.lowerBound...]
    }

    /// The whole, a byte, and a part of a few bytes, of which chance chooses the places.
    static func all(of input: [UInt8]) -> [Growth] {
        guard !input.isEmpty else { return [] }
        var numbers = FixedNumbers(seed: UInt64(input.count))
        let parts = [input.count, 1, Int.random(in: 2...16, using: &numbers)].map { length in
            let start = Int.random(in: 0...max(input.count - length, 0), using: &numbers)
            return start..<min(start + length, input.count)
        }
        return parts.map { Growth(input: input, part: $0) }
    }
}
