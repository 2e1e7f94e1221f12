/// What is wrong with a device or CPU specification, and where in its text.
public struct SpecError: Error, Hashable, Sendable {
    /// Kinds that programs can tell apart.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The text does not follow the grammar.
        case syntax
        /// A parameter that the grammar does not have.
        case unknownParameter = "unknown-parameter"
        /// A parameter that must be given is not.
        case missingParameter = "missing-parameter"
        /// A parameter is given twice.
        case repeated
        /// A word that is not among those accepted.
        case invalidValue = "invalid-value"
        /// Not a number where one is expected.
        case notANumber = "not-a-number"
        /// A number outside its range.
        case outOfRange = "out-of-range"
        /// Parameters that contradict each other.
        case conflict
        /// A form that still works and should be replaced.
        case deprecated
        /// Accepted, without any effect.
        case ignored
        /// A value that the grammar has no way to write.
        case inexpressible
    }

    /// What is wrong.
    public var kind: Kind
    /// What is wrong, in words.
    public var message: String
    /// What would be accepted in its place.
    public var expected: String?
    /// What the author may have meant.
    public var suggestion: String?
    /// Index of the word that holds the fault, for specifications given as several words.
    public var word: Int
    /// Offsets of bytes within that word; empty when something is missing.
    public var range: Range<Int>
    /// How upstream's xl goes on with it in a configuration; nil where it does not.
    public var upstream: Diagnostic.UpstreamReading?
    /// What is added to the message where it goes on.
    var note = ""
    /// Other faults of the same specification, in the order of its text.
    public var further: [SpecError] = []

    /// A fault in a specification.
    ///
    /// - Parameters:
    ///   - bytes: where it is in the text; nil for the text as a whole.
    ///   - word: the parameter that it is about.
    public init(
        _ kind: Kind, _ message: String, at range: Range<Int>, word: Int = 0, expected: String? = nil,
        suggestion: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
        self.word = word
        self.range = range
    }
}

extension SpecError {
    /// The same fault, with which upstream's xl goes on.
    ///
    /// - Parameter note: what is added to the message where it does.
    func tolerated(_ reading: Diagnostic.UpstreamReading, _ note: String = "") -> SpecError {
        var error = self
        (error.upstream, error.note) = (reading, note)
        return error
    }

    /// This fault and those that were found with it, each by itself.
    public var all: [SpecError] {
        var first = self
        first.further = []
        return [first] + further
    }
}

extension SpecError: CustomStringConvertible {
    /// Message, expectation and suggestion in one line for each fault.
    public var description: String {
        var text = message
        if let expected { text += ", expected \(expected)" }
        if let suggestion { text += "; did you mean \"\(suggestion)\"?" }
        return ([text] + further.map(\.description)).joined(separator: "\n")
    }
}

/// The faults that are found while reading goes on.
struct SpecFaults {
    private var faults: [SpecError] = []

    /// So many faults of one specification are told: it is then no slip but another text.
    private static let mostTold = 8

    /// Whether to read on.
    var isFull: Bool { faults.count >= Self.mostTold }
    var isEmpty: Bool { faults.isEmpty }

    /// Whether what upstream's xl goes on with is a warning only, and what of that there was.
    var isTolerant = false
    private(set) var tolerated: [SpecWarning] = []

    /// Does a part of the reading and keeps what it throws.
    mutating func collect(_ part: () throws(SpecError) -> Void) {
        guard !isFull else { return }
        let isTolerant = isTolerant
        do throws(SpecError) { try part() } catch {
            let isPassed = { (fault: SpecError) in isTolerant && fault.upstream != nil }
            for var fault in error.all.filter(isPassed).prefix(max(Self.mostTold - tolerated.count, 0)) {
                fault.message += fault.note
                tolerated.append(fault)
            }
            faults += error.all.filter { !isPassed($0) }.prefix(Self.mostTold - faults.count)
        }
    }

    /// - Throws: all faults as one, if there are any; those that are tolerated come last.
    func throwIfAny() throws(SpecError) {
        guard var first = faults.first else { return }
        first.further = faults.dropFirst() + tolerated
        throw first
    }
}

/// A fault that leaves the specification usable.
public typealias SpecWarning = SpecError

/// A specification's meaning, with what deserves attention about its text.
public struct ParsedSpec<Value: Sendable>: Sendable {
    /// What the specification describes.
    public var value: Value
    /// What can stand and should not.
    public var warnings: [SpecWarning]

    public init(_ value: Value, warnings: [SpecWarning] = []) {
        self.value = value
        self.warnings = warnings
    }
}
