/// Command lines of every command of upstream's, valid and not, made from a table.
struct CommandLine: Sendable, Hashable {
    enum Kind: String, CaseIterable, Sendable {
        /// No operands, or fewer than are wanted.
        case tooLittle
        case tooMuch
        case unknownOption
        case help
        case unknownDomain
        /// A number that no domain has.
        case deadDomain
        /// A name with control characters.
        case hostileName
        /// Another operand is out of its range, or of no form that can be.
        case badOperand
        case valid
    }

    let command: String
    /// Behind the command's name, as a shell reads it.
    let words: String
    let kind: Kind
    /// Whether the text on standard output is the same each time, as far as numbers are passed over.
    var hasSteadyText = true

    var text: String { words.isEmpty ? command : "\(command) \(words)" }
}

/// A row of the table: a command, and what may stand behind it.
struct CommandLineRow: Sendable {
    /// An operand: a word that is right, if there is one that changes nothing, and words that are not.
    struct Operand: Sendable {
        var good: String
        var bad: [(CommandLine.Kind, String)]
        var isOptional = false

        /// A guest that is there, paused, and has no devices.
        static let domain = Operand(
            good: "still",
            bad: [(.unknownDomain, "nosuch"), (.deadDomain, "4711"), (.hostileName, "'a\u{1B}[2Jb'")])
        /// One where upstream's looks for what it names for long when it is a number.
        static let name = Operand(
            good: "still", bad: [(.unknownDomain, "nosuch"), (.hostileName, "'a\u{1B}[2Jb'")])
        static let pool = Operand(good: "Pool-0", bad: [(.badOperand, "nosuch")])

        static func word(_ good: String, _ bad: String...) -> Operand {
            Operand(good: good, bad: bad.map { (.badOperand, $0) })
        }

        var optional: Operand {
            var operand = self
            operand.isOptional = true
            return operand
        }
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: Int
        /// With right operands it changes something, or does not end: it is never run so, but for lines that are given.
        static let acts = Traits(rawValue: 1)
        /// Without operands it does so.
        static let actsAlone = Traits(rawValue: 2)
        /// It takes as many operands as there are.
        static let takesMany = Traits(rawValue: 4)
        /// What it prints is another each time, or is compared elsewhere.
        static let textMoves = Traits(rawValue: 8)
        /// Upstream's does not look for options.
        static let hasNoOptions = Traits(rawValue: 16)
    }

    let command: String
    let operands: [Operand]
    let traits: Traits
    /// Lines that are right, without the command's name.
    let valid: [String]
    /// Lines with options that are not.
    let bad: [String]

    init(
        _ command: String, _ operands: [Operand] = [], _ traits: Traits = [], valid: [String] = [], bad: [String] = []
    ) {
        (self.command, self.operands, self.traits) = (command, operands, traits)
        (self.valid, self.bad) = (valid, bad)
    }

    /// - Parameter number: the row's in the table: what is the same for many commands is asked of each other one.
    func lines(number: Int) -> [CommandLine] {
        var lines: [CommandLine] = []
        func add(_ words: [String], _ kind: CommandLine.Kind) {
            let line = CommandLine(
                command: command, words: words.joined(separator: " "), kind: kind,
                hasSteadyText: !traits.contains(.textMoves) && kind != .help)
            if !lines.contains(where: { $0.words == line.words }) { lines.append(line) }
        }
        let needed = operands.filter { !$0.isOptional }
        for count in needed.indices { add(needed.prefix(count).map(\.good), .tooLittle) }
        if needed.isEmpty, !traits.contains(.actsAlone) { add([], .valid) }
        if !traits.contains(.hasNoOptions) {
            add(["-h"], .help)
            add(number % 2 == 0 || traits.contains(.acts) ? ["-y"] : needed.map(\.good) + ["--nosuch"], .unknownOption)
        }
        if !traits.contains(.takesMany), !(traits.contains(.actsAlone) && operands.isEmpty) {
            // Where upstream's passes over what is too much, it shall not do what is asked.
            let words = operands.map { traits.contains(.acts) ? $0.bad.first?.1 ?? $0.good : $0.good }
            add(words + ["extra"], .tooMuch)
        }
        for (index, operand) in operands.enumerated() {
            for (kind, word) in operand.bad where kind != .hostileName || number % 2 == 0 {
                var words = operands.prefix { !$0.isOptional }.map(\.good)
                while words.count <= index { words.append(operands[words.count].good) }
                words[index] = word
                add(words, kind)
            }
        }
        for words in bad { add([words], .badOperand) }
        for words in valid { add([words], .valid) }
        return lines
    }
}
