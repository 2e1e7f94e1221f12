/// Something wrong with a configuration: what, where, and what would be right.
public struct Diagnostic: Hashable, Sendable, Codable {
    /// Whether a configuration can be used all the same.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// The configuration cannot be used.
        case error
        /// The configuration is used, perhaps not as its author meant.
        case warning
    }

    /// What upstream's xl does with something that is wrong and does not keep it from going on.
    public enum UpstreamReading: String, Hashable, Sendable, Codable {
        /// It counts as if it were not there.
        case ignored
        /// It means something else than its author can have meant.
        case bent
    }

    /// A stretch of a line.
    public struct Location: Hashable, Sendable, Codable {
        /// A file's path, or `command line`.
        public var file: String
        /// From 1.
        public var line: Int
        /// From 1, in characters.
        public var column: Int
        /// The column after the last character, on the same line; at least `column`.
        public var endColumn: Int
        /// The source line, or the part of a long one around the stretch.
        public var sourceLine: String
        /// The column of the first character in `sourceLine`: more than 1 where a long line is cut.
        public var sourceColumn: Int

        enum CodingKeys: String, CodingKey {
            case file, line, column
            case endColumn = "end_column"
            case sourceLine = "source_line"
            case sourceColumn = "source_column"
        }
    }

    /// An error leaves no domain; a warning does.
    public var severity: Severity
    /// The kind of fault.
    public var code: DiagnosticCode
    /// What is wrong, in words.
    public var message: String
    /// What would be accepted in its place.
    public var expected: String?
    /// What its author may have meant.
    public var suggestion: String?
    /// The key whose value is meant, where there is one.
    public var key: String?
    /// Where, or nil when the fault is one of the configuration as a whole.
    public var location: Location?
    /// How upstream's xl reads what is wrong here; nil where it refuses the configuration, or where nothing is wrong. Such
    /// a diagnostic is a warning, and an error where configurations are read strictly.
    public var upstream: UpstreamReading?

    public init(
        _ severity: Severity, _ code: DiagnosticCode, _ message: String, expected: String? = nil,
        suggestion: String? = nil, key: String? = nil, location: Location? = nil, upstream: UpstreamReading? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.expected = expected
        self.suggestion = suggestion
        self.key = key
        self.location = location
        self.upstream = upstream
    }
}

/// Names for kinds of diagnostics that programs can rely on.
public enum DiagnosticCode: String, Hashable, Sendable, Codable, CaseIterable {
    /// A file cannot be read.
    case unreadable
    /// A limit of the language is exceeded: size, nesting, count of problems.
    case limit
    /// A byte that no configuration may hold.
    case invalidByte = "invalid-byte"
    /// The text does not follow the language's grammar.
    case syntax
    /// A quoted string without its closing quote.
    case unterminatedString = "unterminated-string"
    /// An escape in a string that means nothing.
    case invalidEscape = "invalid-escape"
    /// `+=` between a list and a string, or on a number.
    case invalidAppend = "invalid-append"
    /// A key is assigned several times in one file.
    case duplicateKey = "duplicate-key"
    /// A key that nothing reads.
    case unknownKey = "unknown-key"
    /// A key that guests of this type do not use.
    case unusedKey = "unused-key"
    /// A key or form that still works and should be replaced.
    case deprecated
    /// A key that is accepted and has no effect.
    case ignored
    /// A key that this configuration needs is missing.
    case missingKey = "missing-key"
    /// A list where a single value is expected, or the reverse.
    case wrongType = "wrong-type"
    /// Not a number where one is expected.
    case notANumber = "not-a-number"
    /// A number outside its range.
    case outOfRange = "out-of-range"
    /// A word that is not among those accepted.
    case invalidValue = "invalid-value"
    /// A device or CPU specification that does not follow its grammar.
    case invalidSpec = "invalid-spec"
    /// Keys that contradict each other.
    case conflict
    /// Something that no guest of this toolstack can have.
    case refused
    /// Something that the configuration names is missing or unusable on this host.
    case hostMissing = "host-missing"
    /// The host has too little of something.
    case hostShortage = "host-shortage"
    /// A name, UUID, MAC or device that is in use already.
    case hostInUse = "host-in-use"
}
