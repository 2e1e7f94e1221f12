import FuzzSupport

/// Stored configurations: what is read must be the same after writing and reading it again.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let decoder = YajlDecoder()
    guard let configuration = try? decoder.decode(DomainConfiguration.self, from: input(start, count)),
        let text = try? YajlEncoder().encode(configuration)
    else { return 0 }
    let again = try? decoder.decode(DomainConfiguration.self, from: text)
    require(again == configuration, String(escapingBytes: text))
    _ = ConfigWriter.text(for: configuration)
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
