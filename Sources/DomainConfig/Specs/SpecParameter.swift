/// A parameter of a specification, as manuals and completion show it.
public struct SpecParameter: Hashable, Sendable {
    /// What stands behind the parameter's `=`.
    public enum Form: Hashable, Sendable {
        /// Nothing: the word alone is the parameter.
        case flag
        /// Any text but the separator; the word says what is meant: `PATH`, `DOMAIN`, ….
        case text(String)
        /// A whole number.
        case number(ClosedRange<Int64>)
        /// A number of which only zero means no.
        case boolean
        /// One of these words.
        case choice([String])
    }

    /// The parameter.
    public var name: String
    /// What its value looks like.
    public var form: Form
    /// What it does, in a few words.
    public var summary: String
    /// The release of Xen whose toolstack first knew it, when later than 4.17.
    public var since: String?

    public init(_ name: String, _ form: Form, _ summary: String, since: String? = nil) {
        self.name = name
        self.form = form
        self.summary = summary
        self.since = since
    }

    /// What the value should have been, for messages.
    var expectation: String {
        switch form {
        case .flag: "the word alone"
        case .text(let placeholder): placeholder
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean: "0 or 1"
        case .choice(let words):
            (words.count == 1 ? "" : "one of ") + words.map { "\"\($0)\"" }.joined(separator: ", ")
        }
    }
}

/// A kind of specification: the configuration key that holds it, and its parameters.
public struct SpecGrammar: Hashable, Sendable {
    /// The key of `xl.cfg`.
    public var key: String
    /// Those that a specification may have.
    public var parameters: [SpecParameter]

    public init(key: String, parameters: [SpecParameter]) {
        self.key = key
        self.parameters = parameters
    }
}

/// The value of one parameter where it stands in the text.
struct SpecValue {
    let text: SpecText
    let parameter: SpecParameter
    /// The value's bytes.
    let range: Range<Int>

    /// The same parameter's value, reduced to a part of it.
    func part(_ range: Range<Int>) -> SpecValue { SpecValue(text: text, parameter: parameter, range: range) }

    var bytes: ArraySlice<UInt8> { text.bytes[range] }
    var string: String { text.string(range) }

    func error(_ kind: SpecError.Kind, _ message: String, suggestion: String? = nil) -> SpecError {
        text.error(
            kind, "\(parameter.name): \(message)", at: range, expected: parameter.expectation, suggestion: suggestion)
    }

    /// The value as a number of the given type; the whole of it must be one.
    func number<Integer: FixedWidthInteger>(
        base: Int, in range: ClosedRange<Integer>
    ) throws(SpecError) -> Integer {
        let number: CNumber
        do throws(CNumber.Fault) {
            number = try CNumber(bytes, base: base)
        } catch let fault {
            switch fault {
            case .noDigits: throw error(.notANumber, "\"\(string)\" is not a number")
            case .overflow: throw error(.outOfRange, "\(string) is out of range")
            }
        }
        guard number.end == self.range.upperBound else {
            throw error(.notANumber, "\"\(string)\" is not a number")
        }
        guard let value = number.value(as: Integer.self), range.contains(value) else {
            throw error(.outOfRange, "\(string) is out of range")
        }
        return value
    }

    /// The number with which upstream's xl goes on where the value is none as a whole: that at its beginning.
    ///
    /// - Parameter needsDigits: whether it refuses a value that begins with no number; else that counts as 0.
    func beginning<Integer: FixedWidthInteger>(
        base: Int, in range: ClosedRange<Integer>, needsDigits: Bool
    ) -> Integer? {
        guard let number = try? CNumber(bytes, base: base) else {
            let hasDigits = bytes.contains(where: SpecText.isDigit)
            return needsDigits || hasDigits ? nil : 0
        }
        return number.value(as: Integer.self).flatMap { range.contains($0) ? $0 : nil }
    }

    /// Reads a number that upstream's xl does not check: `set` gets what it makes of the value.
    ///
    /// - Throws: also where it goes on, after `set`.
    func looseNumber<Integer: FixedWidthInteger>(
        base: Int, in range: ClosedRange<Integer>, needsDigits: Bool = false, _ set: (Integer) -> Void
    ) throws(SpecError) {
        do throws(SpecError) {
            set(try number(base: base, in: range))
        } catch {
            guard error.kind == .notANumber,
                let bent: Integer = beginning(base: base, in: range, needsDigits: needsDigits)
            else { throw error }
            set(bent)
            throw error.tolerated(.bent, " and counts as \(bent)")
        }
    }

    /// The element of `words` that the value is.
    func choice<Choice>(_ words: [(word: String, value: Choice)], ignoringCase: Bool) throws(SpecError) -> Choice {
        let given = string
        let match = words.first { $0.word == given || ignoringCase && $0.word.lowercased() == given.lowercased() }
        guard let match else {
            throw error(
                .invalidValue, "unknown value \"\(given)\"",
                suggestion: Suggestion.nearest(to: given, among: words.map(\.word)))
        }
        return match.value
    }
}
