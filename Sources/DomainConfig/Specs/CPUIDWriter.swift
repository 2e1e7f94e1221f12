import DomainModel

/// Finds the words for a CPUID policy.
enum CPUIDWriter {
    /// An element of the list syntax.
    static func line(_ leaf: CPUIDPolicy.Leaf) -> String {
        let registers = CPUIDFeatures.Register.allCases.compactMap { register in
            leaf[register].map { "\(register)=\($0)" }
        }
        let subleaf = leaf.subleaf.map { ",\($0)" } ?? ""
        return "0x\(String(leaf.leaf, radix: 16))\(subleaf):\(registers.joined(separator: ","))"
    }

    /// The `NAME=VALUE` words for a policy, or nil when some of its bits have no name.
    static func names(for policy: CPUIDPolicy) -> [String]? {
        var words: [String] = []
        for leaf in policy.leaves {
            for register in CPUIDFeatures.Register.allCases {
                guard let bits = leaf[register] else { continue }
                let place = CPUIDFeatures.Place.leaf(leaf.leaf, subleaf: leaf.subleaf, register)
                guard let more = names(for: Array(bits.utf8), at: place) else { return nil }
                words += more
            }
        }
        for msr in policy.msrs {
            guard let more = names(for: Array(msr.policy.utf8), at: .msr(msr.index)) else { return nil }
            words += more
        }
        return words
    }

    private static func names(for bits: [UInt8], at place: CPUIDFeatures.Place) -> [String]? {
        let width = if case .leaf = place { 32 } else { 64 }
        guard bits.count == width else { return nil }
        var words: [String] = []
        var named: Set<Int> = []
        for (name, field) in CPUIDFeatures.wideFields[place] ?? [] {
            guard let value = value(of: field, in: bits) else { continue }
            words.append("\(name)=\(value)")
            named.formUnion(positions(of: field))
        }
        for bit in bits.indices where !named.contains(bit) {
            let character = bits[bits.count - 1 - bit]
            guard character != UInt8(ascii: "x") else { continue }
            let field = CPUIDFeatures.Field(place: place, lowestBit: bit, width: 1)
            guard let name = CPUIDFeatures.nameOfBit[field] else { return nil }
            words.append("\(name)=\(Character(Unicode.Scalar(character)))")
        }
        if words.isEmpty { return anyName(at: place).map { ["\($0)=x"] } }
        return words
    }

    /// A name for something in a register whose bits are all left as they are.
    private static func anyName(at place: CPUIDFeatures.Place) -> String? {
        if let (name, _) = CPUIDFeatures.wideFields[place]?.first(where: { $0.field.layout == .plain }) { return name }
        return (0..<64).lazy.compactMap {
            CPUIDFeatures.nameOfBit[CPUIDFeatures.Field(place: place, lowestBit: $0, width: 1)]
        }.first
    }

    /// The bits that a field takes, lowest first.
    private static func positions(of field: CPUIDFeatures.Field) -> [Int] {
        switch field.layout {
        case .plain: Array(field.lowestBit..<field.lowestBit + field.width)
        case .family: Array(8..<12) + Array(20..<28)
        case .model: Array(4..<8) + Array(16..<20)
        }
    }

    /// The value of a field of several bits; nil when it is left as it is, or mixed.
    private static func value(of field: CPUIDFeatures.Field, in bits: [UInt8]) -> String? {
        let characters = positions(of: field).map { bits[bits.count - 1 - $0] }
        let isPlain = field.layout != .family
        if isPlain, let first = characters.first, characters.allSatisfy({ $0 == first }), "xks".utf8.contains(first) {
            return first == UInt8(ascii: "x") ? nil : String(Character(Unicode.Scalar(first)))
        }
        if !isPlain, let first = characters.first, "xks".utf8.contains(first) {
            let isLetter = characters.prefix(4).allSatisfy { $0 == first }
            return isLetter && characters.dropFirst(4).allSatisfy { $0 == UInt8(ascii: "0") }
                ? String(Character(Unicode.Scalar(first))) : nil
        }
        guard characters.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }) else { return nil }
        let number = characters.enumerated().reduce(UInt64(0)) {
            $0 | ($1.element == UInt8(ascii: "1") ? 1 << UInt64($1.offset) : 0)
        }
        guard field.layout == .family else { return String(number) }
        return String(number & 15 == 15 ? 15 + number >> 4 : number & 15)
    }
}
