import FuzzSupport

private let environment = ConfigEnvironment(
    host: HostTopology(cpuCount: 8, onlineCPUs: 8, nodes: [[0, 1, 2, 3], [4, 5, 6, 7]]))

/// Whole configurations: reading and showing them. What a valid one means must have a JSON form that reads back.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let document = ConfigDocument(file: ConfigSource(name: "fuzz", bytes: input(start, count)))
    let (configuration, diagnostics) = DomainConfigParser.parse(document, environment: environment)
    for diagnostic in diagnostics { require(!diagnostic.text.isEmpty, "a diagnostic without words") }
    guard let configuration, let text = try? YajlEncoder().encode(configuration) else { return 0 }
    let again = try? YajlDecoder().decode(DomainConfiguration.self, from: text)
    require(again == configuration, String(escapingBytes: text))
    _ = ConfigWriter.text(for: configuration)
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
