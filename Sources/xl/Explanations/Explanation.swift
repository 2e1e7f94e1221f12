import DomainConfig
import XenToolstack

/// What a code means that this program prints, what usually causes it, and what to do about it.
struct Explanation: Sendable {
    enum Kind: String, Sendable {
        /// Of the document that tells with `--json` what went wrong.
        case error
        /// Of `xl doctor`.
        case finding
        /// Of a configuration: `xl config check --json`.
        case diagnostic
        /// Of a PCI device: `xl pci-check`.
        case check
    }

    let kind: Kind
    let code: String
    let meaning: String
    let causes: [String]
    let remedy: String

    /// All codes: of errors, of the doctor's findings, of configurations, of PCI devices.
    static let all =
        table(errors, .error) { $0.meaning } + table(findings, .finding) { row in summary(of: row.code) ?? row.meaning }
        + table(diagnostics, .diagnostic) { $0.meaning } + table(checks, .check) { $0.meaning }

    /// Each of them once.
    static var codes: [String] {
        var known: Set<String> = []
        return all.map(\.code).filter { known.insert($0).inserted }
    }

    /// - Parameter meaning: empty where the doctor's own table says it.
    struct Row: Sendable {
        let code: String
        let meaning: String
        let causes: [String]
        let remedy: String

        init(_ code: String, _ meaning: String, _ causes: [String], _ remedy: String) {
            (self.code, self.meaning, self.causes, self.remedy) = (code, meaning, causes, remedy)
        }

        init(_ code: String, _ causes: [String], _ remedy: String) { self.init(code, "", causes, remedy) }
    }

    private static func table(_ rows: [Row], _ kind: Kind, _ meaning: (Row) -> String) -> [Explanation] {
        rows.map { row in
            Explanation(
                kind: kind, code: row.code, meaning: meaning(row), causes: row.causes, remedy: row.remedy)
        }
    }

    private static func summary(of code: String) -> String? {
        Ailment.all.first { $0.code == code }?.summary
    }

    /// The explanations of a code; upper-case letters, and blanks, dashes and underscores for each other, are all the same.
    static func find(_ word: String) -> [Explanation] {
        let name = plain(word)
        return all.filter { plain($0.code) == name }
    }

    /// Codes that resemble a word: those that hold it, or a part of it.
    static func similar(to word: String) -> [String] {
        let name = plain(word)
        let whole = all.map(\.code).filter { !name.isEmpty && plain($0).contains(name) }
        guard whole.isEmpty else { return whole }
        let parts = Set(name.split(separator: "-").filter { $0.utf8.count > 2 })
        return all.map(\.code).filter { !parts.isDisjoint(with: plain($0).split(separator: "-")) }
    }

    private static func plain(_ word: String) -> String {
        String(word.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
    }
}
