import DomainConfig
import DomainModel
import XenTypes
import YajlJSON

extension FuzzTarget {
    /// Whole configurations, in both languages.
    static let configurations: [FuzzTarget] = [
        FuzzTarget("Config", checkConfiguration),
        FuzzTarget("JSON", checkStoredConfiguration),
    ]
}

/// What a configuration means must have a JSON form that reads back.
@Sendable private func checkConfiguration(_ bytes: [UInt8]) throws {
    let document = ConfigDocument(file: ConfigSource(name: "fuzz", bytes: bytes))
    let (configuration, diagnostics) = DomainConfigParser.parse(
        document, environment: ConfigEnvironment(host: fuzzHost))
    try checkWords(diagnostics)
    if let configuration { try checkRoundTrip(configuration) }
}

func checkWords(_ diagnostics: [Diagnostic]) throws {
    try require(diagnostics.allSatisfy { !$0.text.isEmpty }, "a diagnostic without words")
}

/// What is read must be the same after writing and reading it again.
@Sendable private func checkStoredConfiguration(_ bytes: [UInt8]) throws {
    guard let configuration = try? YajlDecoder().decode(DomainConfiguration.self, from: bytes) else { return }
    try checkRoundTrip(configuration)
}

private func checkRoundTrip(_ configuration: DomainConfiguration) throws {
    guard let text = try? YajlEncoder().encode(configuration) else { return }
    let again = try? YajlDecoder().decode(DomainConfiguration.self, from: text)
    try require(again == configuration, String(escapingBytes: text))
    _ = ConfigWriter.text(for: configuration)
}
