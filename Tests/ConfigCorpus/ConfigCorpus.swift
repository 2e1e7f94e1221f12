import DomainConfig

/// A configuration whose meaning is compared with upstream's.
public struct CorpusCase: Sendable {
    /// Unique and stable: what it is about.
    public let name: String
    /// The key that it tries.
    public let key: String
    public let guest: String
    public let text: String

    public init(name: String, key: String, guest: String, text: String) {
        self.name = name
        self.key = key
        self.guest = guest
        self.text = text
    }
}

/// Configurations made from the key table: for each key and guest type, values that are right, at a limit, and wrong.
public enum ConfigCorpus {
    /// All cases, in an order that does not change.
    public static func all() -> [CorpusCase] {
        var cases: [CorpusCase] = []
        for key in ConfigKey.all {
            for guest in ["pv", "pvh", "hvm"] {
                for (index, lines) in settings(of: key, guest: guest).enumerated() {
                    cases.append(makeCase(key.name, guest, index, lines))
                }
            }
        }
        for (index, text) in languageTexts.enumerated() {
            cases.append(CorpusCase(name: "language-\(index)", key: "language", guest: "pv", text: text))
        }
        for (index, combination) in combinations.enumerated() {
            for guest in ["pv", "pvh", "hvm"] {
                cases.append(makeCase("combination", guest, index, combination))
            }
        }
        return cases
    }

    /// Every n-th case, so that all keys and kinds of values still come up.
    public static func sample(every step: Int) -> [CorpusCase] {
        all().enumerated().filter { $0.offset % max(step, 1) == 0 }.map(\.element)
    }

    /// What every configuration has, unless its own lines set it.
    private static let base: [(key: String, line: String)] = [
        ("name", "name=\"corpus\""), ("uuid", "uuid=\"6f1c2a4e-0b1d-4c3e-9f00-112233445566\""), ("memory", "memory=64"),
        ("vcpus", "vcpus=2"), ("kernel", "kernel=\"/k\""),
    ]

    private static func makeCase(_ key: String, _ guest: String, _ index: Int, _ lines: String) -> CorpusCase {
        let own = Set(
            lines.split(whereSeparator: \.isNewline).map { $0.prefix { $0 != "=" && $0 != "+" && $0 != " " } })
        var text = base.filter { !own.contains(Substring($0.key)) }.map(\.line)
        if !own.contains("type"), !own.contains("builder") { text.append("type=\"\(guest)\"") }
        text.append(lines)
        return CorpusCase(
            name: "\(key)-\(guest)-\(index)", key: key, guest: guest, text: text.joined(separator: "\n") + "\n")
    }

    /// The lines that try a key's values.
    private static func settings(of key: ConfigKey, guest: String) -> [String] {
        if let samples = samples[key.name] {
            return samples.map { $0.first == "=" ? key.name + $0 : $0 }
        }
        if let samples = deviceSamples[key.name] {
            return samples.map { "\(key.name)=['\($0)']" } + values(of: key.form).map { "\(key.name)=\($0)" }
        }
        if key.name == "vsnd" { return soundCards.map { "vsnd=[\($0)]" } + ["vsnd='x'", "vsnd=['x']"] }
        if key.name == "cpuid" { return cpuidValues.map { "cpuid=\($0)" } }
        return values(of: key.form).map { "\(key.name)=\($0)" }
    }

    /// Values for a form: right ones, limits, then wrong ones.
    private static func values(of form: KeyForm) -> [String] {
        switch form {
        case .text: ["'text'", "\"it's\"", "''", "17", "['x']"]
        case .integer(let range, _):
            [
                "\(max(range.lowerBound, 0))", "1", "'\(min(range.upperBound, 1 << 31 - 1))'", "0x10", "017",
                "'\(range.upperBound)'", "'\(range.upperBound &+ 1)'", "'\(range.lowerBound &- 1)'", "'x'", "08",
                "'99999999999999999999'", "[1]", "' 5'", "'5 '", "''",
            ]
        case .boolean: ["0", "1", "'1'", "2", "'-1'", "'yes'", "[1]", "''"]
        case .choice(let words):
            words.map { "'\($0)'" } + [
                "'\(words.first?.uppercased() ?? "")'", "'nonsense'", "''", "1", "['\(words.first ?? "")']",
            ]
        case .choiceOrInteger(let words, let range):
            words.map { "'\($0)'" } + [
                "0", "1", "'\(range.upperBound)'", "'\(range.upperBound &+ 1)'", "'-1'", "'nonsense'", "''",
                "['\(words.first ?? "")']", "'\(words.first?.uppercased() ?? "")'",
            ]
        case .choiceOrText(let words, _):
            words.map { "'\($0)'" } + ["'/path'", "'\(words.first?.prefix(2) ?? "")'", "''", "['x']"]
        case .booleanOrList(let words):
            ["0", "1", "'x'", "[]"] + words.map { "['\($0)']" } + [
                "['!\(words.last ?? "")','\(words.last ?? "")']", "['nonsense']", "[['x']]",
            ]
        case .list: ["['a']", "['a','b c']", "[]", "'a'", "[1]", "['a',['b'],'c']"]
        case .textOrList: ["'a b'", "['a','b c']", "[]", "5", "['a',['b'],'c']"]
        case .lists: ["[]", "'a'", "['a']"]
        }
    }
}
