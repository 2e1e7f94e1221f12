/// The words after a command's name, where its options are but letters: `-q -e web.cfg`, `-qe web.cfg`.
struct PlainWords {
    let operands: [String]
    private var letters: [Unicode.Scalar] = []

    /// - Returns: nil when a word is `-` or has a long option.
    init?(_ words: [String]) {
        var operands: [String] = []
        for word in words {
            guard word.utf8.first == UInt8(ascii: "-") else {
                operands.append(word)
                continue
            }
            let rest = word.unicodeScalars.dropFirst()
            guard !rest.isEmpty, rest.first != "-" else { return nil }
            letters += rest
        }
        self.operands = operands
    }

    /// Whether the option is given. It counts as understood.
    mutating func take(_ letter: Unicode.Scalar) -> Bool {
        let count = letters.count
        letters.removeAll { $0 == letter }
        return letters.count < count
    }

    /// Whether every option has been understood.
    var isDone: Bool { letters.isEmpty }
}
