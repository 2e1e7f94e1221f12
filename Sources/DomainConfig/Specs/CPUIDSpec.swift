import DomainModel

/// What a guest sees of the processor: `cpuid` in `xl.cfg`, in either of its syntaxes.
public enum CPUIDSpec {
    /// A policy as the configuration writes it.
    public enum Written: Hashable, Sendable {
        /// `"host,NAME=VALUE,…"`
        case text(String)
        /// `["LEAF[,SUBLEAF]:REGISTER=BITS,…", …]`
        case list([String])
    }

    /// The names that `NAME=VALUE` knows, in alphabetical order.
    public static let featureNames: [String] = CPUIDFeatures.names

    /// Reads `host,NAME=VALUE,…`.
    public static func parse(text bytes: [UInt8]) throws(SpecError) -> ParsedSpec<CPUIDPolicy> {
        let text = SpecText(bytes)
        var policy = CPUIDPolicy()
        let parts = text.parts()
        // Upstream takes a text of commas only for no policy at all.
        guard let first = parts.first else { return ParsedSpec(policy) }
        guard text.equals("host", at: first) else {
            throw text.error(
                .syntax, "cpuid: \"\(text.string(first))\" is not how a policy begins", at: first,
                expected: "host,NAME=VALUE,…"
            ).tolerated(.ignored)
        }
        var faults = SpecFaults()
        faults.isTolerant = true
        for part in parts.dropFirst() {
            faults.collect { () throws(SpecError) in try setFeature(part, of: text, in: &policy) }
        }
        try faults.throwIfAny()
        return ParsedSpec(policy, warnings: faults.tolerated)
    }

    /// Reads the elements of the list syntax, the one of xend.
    ///
    /// - Throws: errors whose `word` is the index of the faulty element.
    public static func parse(list elements: [[UInt8]]) throws(SpecError) -> ParsedSpec<CPUIDPolicy> {
        var policy = CPUIDPolicy()
        var faults = SpecFaults()
        faults.isTolerant = true
        for (index, element) in elements.enumerated() {
            faults.collect { () throws(SpecError) in try readLeaf(SpecText(element, word: index), into: &policy) }
        }
        try faults.throwIfAny()
        return ParsedSpec(policy, warnings: faults.tolerated)
    }

    /// Writes a policy: by names where there are names for all of its bits.
    public static func written(_ policy: CPUIDPolicy) throws(SpecError) -> Written {
        if let names = CPUIDWriter.names(for: policy) {
            let text = (["host"] + names).joined(separator: ",")
            if try parse(text: Array(text.utf8)).value == policy { return .text(text) }
        }
        let list = policy.leaves.map(CPUIDWriter.line)
        guard policy.msrs.isEmpty, try parse(list: list.map { Array($0.utf8) }).value == policy else {
            throw SpecError(.inexpressible, "cpuid: no text has exactly this policy", at: 0..<0)
        }
        return .list(list)
    }

    // MARK: Names and values

    private static let letters = "x, k or s"

    private static func setFeature(
        _ part: Range<Int>, of text: SpecText, in policy: inout CPUIDPolicy
    ) throws(SpecError) {
        guard let (key, value) = text.pair(part) else {
            throw text.error(
                .syntax, "cpuid: \"\(text.string(part))\" has no value", at: part, expected: "NAME=VALUE"
            ).tolerated(.ignored)
        }
        let name = text.string(key)
        guard let field = CPUIDFeatures.field(named: name) else {
            throw text.error(
                .unknownParameter, "cpuid: unknown feature \"\(name)\"", at: key,
                suggestion: Suggestion.nearest(to: name, among: CPUIDFeatures.names)
            ).tolerated(.ignored)
        }
        switch field.place {
        case .leaf(let leaf, let subleaf, let register):
            let index = policy.index(ofLeaf: leaf, subleaf: subleaf)
            var bits = policy.leaves[index][register].map { Array($0.utf8) } ?? unset(32)
            for (lowestBit, characters) in try pieces(of: field, value, text) {
                let start = bits.count - lowestBit - characters.count
                bits.replaceSubrange(start..<start + characters.count, with: characters)
            }
            policy.leaves[index][register] = String(decoding: bits, as: UTF8.self)
        case .msr(let msr):
            var character = try msrCharacter(value, text)
            // MSRs do not know the older letter.
            if character == UInt8(ascii: "s") { character = UInt8(ascii: "k") }
            let index = policy.index(ofMSR: msr)
            var bits = Array(policy.msrs[index].policy.utf8)
            bits[bits.count - 1 - field.lowestBit] = character
            policy.msrs[index].policy = String(decoding: bits, as: UTF8.self)
        }
    }

    private static func msrCharacter(_ value: Range<Int>, _ text: SpecText) throws(SpecError) -> UInt8 {
        guard value.count == 1, let character = text.bytes[value].first, "01xks".utf8.contains(character) else {
            throw text.error(
                .invalidValue, "cpuid: \"\(text.string(value))\" is not a value for a flag", at: value,
                expected: "0, 1, \(letters)"
            ).tolerated(.ignored)
        }
        return character
    }

    /// The characters that a value puts into a register, and the lowest bit of each run of them.
    private static func pieces(
        of field: CPUIDFeatures.Field, _ value: Range<Int>, _ text: SpecText
    ) throws(SpecError) -> [(lowestBit: Int, characters: [UInt8])] {
        if value.count == 1, let letter = text.bytes[value].first, "xks".utf8.contains(letter) {
            switch field.layout {
            case .plain: return [(field.lowestBit, Array(repeating: letter, count: field.width))]
            case .family: return [(field.lowestBit, Array(repeating: letter, count: 4)), (20, binary(0, 8))]
            case .model:
                return [
                    (field.lowestBit, Array(repeating: letter, count: 4)), (16, Array(repeating: letter, count: 4)),
                ]
            }
        }
        let most: UInt64 = field.layout == .family ? 15 + 255 : 1 << UInt64(field.width) - 1
        let parameter = SpecParameter(
            "cpuid", .text(most == 1 ? "0, 1, \(letters)" : "a number up to \(most), or \(letters)"), "")
        let spec = SpecValue(text: text, parameter: parameter, range: value)
        let number: UInt64
        do throws(SpecError) { number = try spec.number(base: 0, in: 0...most) } catch {
            let hasNumber = (try? CNumber(spec.bytes, base: 0)) != nil
            throw error.kind == .notANumber && !hasNumber ? error.tolerated(.ignored) : error
        }
        switch field.layout {
        case .plain: return [(field.lowestBit, binary(number, field.width))]
        case .family:
            return number < 16
                ? [(field.lowestBit, binary(number, 4)), (20, binary(0, 8))]
                : [(field.lowestBit, binary(15, 4)), (20, binary(number - 15, 8))]
        case .model: return [(field.lowestBit, binary(number & 15, 4)), (16, binary(number >> 4, 4))]
        }
    }

    private static func binary(_ number: UInt64, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { number >> UInt64($0) & 1 == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0") }
    }

    static func unset(_ width: Int) -> [UInt8] { Array(repeating: UInt8(ascii: "x"), count: width) }

    // MARK: Leaves

    private static func readLeaf(_ text: SpecText, into policy: inout CPUIDPolicy) throws(SpecError) {
        guard let (head, body) = text.pair(text.wholeRange, separator: UInt8(ascii: ":")) else {
            throw text.error(
                .syntax, "cpuid: \"\(text.string(text.wholeRange))\" has no colon", at: text.wholeRange,
                expected: "LEAF[,SUBLEAF]:REGISTER=BITS,…"
            ).tolerated(.ignored)
        }
        let leaf: UInt32
        var subleaf: UInt32?
        if let (first, second) = text.pair(head, separator: UInt8(ascii: ",")) {
            leaf = try number(first, of: text)
            subleaf = try number(second, of: text)
        } else {
            leaf = try number(head, of: text)
        }
        let index = policy.index(ofLeaf: leaf, subleaf: subleaf)
        var rest = body
        while !rest.isEmpty {
            let part = text.pair(rest, separator: UInt8(ascii: ","))
            let (register, bits) = try registerBits(part?.key ?? rest, of: text)
            policy.leaves[index][register] = bits
            guard let next = part?.value else { break }
            let start = text.bytes[next].firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }
            rest = (start ?? next.upperBound)..<next.upperBound
        }
    }

    private static func number(_ range: Range<Int>, of text: SpecText) throws(SpecError) -> UInt32 {
        let parameter = SpecParameter("cpuid", .text("the number of a leaf"), "")
        do throws(SpecError) {
            return try SpecValue(text: text, parameter: parameter, range: range).number(base: 0, in: 0...UInt32.max - 1)
        } catch {
            throw error.kind == .notANumber ? error.tolerated(.ignored) : error
        }
    }

    private static func registerBits(
        _ part: Range<Int>, of text: SpecText
    ) throws(SpecError) -> (CPUIDFeatures.Register, String) {
        let names: [(word: String, value: CPUIDFeatures.Register)] = [
            ("eax", .eax), ("ebx", .ebx), ("ecx", .ecx), ("edx", .edx),
        ]
        guard let (key, value) = text.pair(part), let name = names.first(where: { text.equals($0.word, at: key) })
        else {
            throw text.error(
                .syntax, "cpuid: \"\(text.string(part))\" does not set a register", at: part,
                expected: "eax=, ebx=, ecx= or edx= with 32 characters"
            ).tolerated(.ignored)
        }
        guard value.count == 32 else {
            throw text.error(
                .invalidValue, "cpuid: \"\(text.string(value))\" is not the value of a register", at: value,
                expected: "exactly 32 characters of 0, 1, \(letters)"
            ).tolerated(.ignored)
        }
        guard text.bytes[value].allSatisfy({ "01xks".utf8.contains($0) }) else {
            throw text.error(
                .invalidValue, "cpuid: \"\(text.string(value))\" is not the value of a register", at: value,
                expected: "exactly 32 characters of 0, 1, \(letters)")
        }
        return (name.value, text.string(value))
    }
}

extension CPUIDPolicy {
    /// The index of a leaf's entry, made if there is none.
    fileprivate mutating func index(ofLeaf leaf: UInt32, subleaf: UInt32?) -> Int {
        if let index = leaves.firstIndex(where: { $0.leaf == leaf && $0.subleaf == subleaf }) { return index }
        leaves.append(Leaf(leaf: leaf, subleaf: subleaf))
        return leaves.count - 1
    }

    /// The index of an MSR's entry, made if there is none.
    fileprivate mutating func index(ofMSR msr: UInt32) -> Int {
        if let index = msrs.firstIndex(where: { $0.index == msr }) { return index }
        msrs.append(MSR(index: msr, policy: String(decoding: CPUIDSpec.unset(64), as: UTF8.self)))
        return msrs.count - 1
    }
}

extension CPUIDPolicy.Leaf {
    subscript(register: CPUIDFeatures.Register) -> String? {
        get {
            switch register {
            case .eax: eax
            case .ebx: ebx
            case .ecx: ecx
            case .edx: edx
            }
        }
        set {
            switch register {
            case .eax: eax = newValue
            case .ebx: ebx = newValue
            case .ecx: ecx = newValue
            case .edx: edx = newValue
            }
        }
    }
}

extension CPUIDSpec {
    /// The names of the CPU features that one processor shows and another lacks.
    ///
    /// - Parameters:
    ///   - shown: by leaf and subleaf (nil for a leaf without), the registers eax, ebx, ecx and edx of what is shown.
    ///   - offered: the same of what can be had.
    public static func features(
        _ shown: [FeatureLeaf: [UInt32]], missingIn offered: [FeatureLeaf: [UInt32]]
    ) -> [String] {
        var names: [String] = []
        for (field, name) in CPUIDFeatures.nameOfBit where !volatileFeatures.contains(name) {
            guard case .leaf(let leaf, let subleaf, let register) = field.place else { continue }
            let place = FeatureLeaf(leaf: leaf, subleaf: subleaf)
            func has(_ leaves: [FeatureLeaf: [UInt32]]) -> Bool {
                guard let registers = leaves[place], registers.indices.contains(register.rawValue) else { return false }
                return registers[register.rawValue] >> UInt32(field.lowestBit) & 1 == 1
            }
            if has(shown), !has(offered) { names.append(name) }
        }
        return names.sorted()
    }

    /// Where features stand.
    public struct FeatureLeaf: Hashable, Sendable {
        /// The leaf's number.
        public var leaf: UInt32
        /// The sub-leaf's number; nil where the leaf has none.
        public var subleaf: UInt32?

        public init(leaf: UInt32, subleaf: UInt32?) {
            self.leaf = leaf
            self.subleaf = subleaf
        }
    }

    /// What follows from a domain's topology or from what it has switched on, and not from the processor.
    private static let volatileFeatures: Set<String> = [
        "apic", "cmp-legacy", "cmplegacy", "htt", "hypervisor", "osxsave", "ospke", "x2apic",
    ]
}
