import DomainConfig

/// What is meant to differ from upstream's dry run; whatever differs and is not here is a fault.
public enum KnownDifference: String, CaseIterable, Sendable {
    case laterRelease = "a key or value that releases after 4.17 know is read"
    case outOfRange = "a number that its key or parameter cannot have is an error; upstream cuts it off"
    case badDevice =
        "the beginning of a MAC address, and a disk without vdev, are errors; upstream reads what is not there"
    case badRange = "a descending range in ioports is an error"
    case badBits = "a CPUID register with other characters than 0, 1, x, k and s is an error; nothing can start with it"
    case badRates = "a sample rate that is no number is an error; upstream takes it for 0"
    case emptyName = "an empty name is an error"
    case rdm = "rdm= works; upstream ignores valid ones"
    case language = "CRLF, a byte-order mark, a comment that ends the text and numeric escapes are read"
    case diskTrust = "trusted and untrusted work with disks; 4.17 takes them for the target"
    case usbDevice = "a usbdev without type= is shown with its address; upstream's JSON leaves it out"
    case equalsSign = "a value in channel may hold an equals sign, as from 4.18 on"

    /// How the two tools judged a configuration.
    public struct Outcome: Sendable {
        public var upstreamAccepts: Bool
        public var oursAccepts: Bool
        /// The codes of our errors.
        public var codes: [DiagnosticCode]

        public init(upstreamAccepts: Bool, oursAccepts: Bool, codes: [DiagnosticCode]) {
            self.upstreamAccepts = upstreamAccepts
            self.oursAccepts = oursAccepts
            self.codes = codes
        }
    }

    /// The difference that a case is known for, or nil when the tools should agree.
    ///
    /// Call it for cases in which they do not: one accepts what the other rejects, or the JSON differs.
    public static func expected(in test: CorpusCase, _ outcome: Outcome) -> KnownDifference? {
        switch (outcome.upstreamAccepts, outcome.oursAccepts) {
        case (true, false): strictness(test, outcome.codes.first)
        case (false, true): leniency(test)
        case (true, true): meaning(test)
        case (false, false): nil
        }
    }

    private static func strictness(_ test: CorpusCase, _ code: DiagnosticCode?) -> KnownDifference? {
        switch (code, test.key) {
        case (.outOfRange, _): .outOfRange
        case (.invalidValue, "name"): .emptyName
        case (.invalidSpec, "disk") where test.text.contains("vdev=,"): .badDevice
        case (.invalidValue, "vif"): .badDevice
        case (.invalidSpec, "ioports"): .badRange
        case (.invalidValue, "cpuid"), (.notANumber, "cpuid"): .badBits
        case (.notANumber, "vsnd"): .badRates
        case (_, let key) where ConfigKey.byName[key]?.since != nil: .laterRelease
        default: nil
        }
    }

    private static func leniency(_ test: CorpusCase) -> KnownDifference? {
        switch test.key {
        case "language": .language
        case "tee" where test.text.contains("ffa"): .laterRelease
        case "disk" where test.text.contains("trusted"): .diskTrust
        default: nil
        }
    }

    private static func meaning(_ test: CorpusCase) -> KnownDifference? {
        switch test.key {
        case "rdm": .rdm
        case "usbdev": .usbDevice
        case "channel" where test.text.contains("a=b"): .equalsSign
        case let key where ConfigKey.byName[key]?.since != nil: .laterRelease
        default: nil
        }
    }
}
