import FuzzSupport

/// What two hosts note and tell each other of a migration, which other programs and a failing disk can have changed:
/// what is read must be the same after writing and reading it again.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    check(Handover.self, bytes)
    check(Arrival.self, bytes)
    check(ArrivalAnswer.self, bytes)
    return 0
}

private func check<Entry: Codable & Equatable>(_: Entry.Type, _ bytes: [UInt8]) {
    guard let entry = try? YajlDecoder().decode(Entry.self, from: bytes) else { return }
    let again = (try? YajlEncoder().encode(entry)).flatMap { try? YajlDecoder().decode(Entry.self, from: $0) }
    require(again == entry, "\(entry) became \(String(describing: again))")
}

@main enum Harness {
    static func main() { run(fuzz) }
}
