import FuzzSupport

/// Both syntaxes: the whole input as a text, and its lines as a list.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    do throws(SpecError) {
        try checkRoundTrip(CPUIDSpec.parse(text: bytes).value)
    } catch {
        checkPlace(error, in: bytes.count)
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    do throws(SpecError) {
        try checkRoundTrip(CPUIDSpec.parse(list: lines).value)
    } catch {
        checkPlaces(error) { lines.indices.contains($0) ? lines[$0].count : nil }
    }
    return 0
}

private func checkRoundTrip(_ policy: CPUIDPolicy) throws(SpecError) {
    guard let written = try? CPUIDSpec.written(policy) else { return }
    let again: CPUIDPolicy
    switch written {
    case .text(let text): again = try CPUIDSpec.parse(text: Array(text.utf8)).value
    case .list(let lines): again = try CPUIDSpec.parse(list: lines.map { Array($0.utf8) }).value
    }
    require(again == policy, "\(policy)\nbecame\n\(written)")
}

@main enum Harness {
    static func main() { run(fuzz) }
}
