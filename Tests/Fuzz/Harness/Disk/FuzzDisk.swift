import FuzzSupport

/// One disk, or several words of a command line with a newline between them.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    checkRoundTrip(DiskSpec.self, bytes)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let words = lines.map { String(escapingBytes: $0) }
    do throws(SpecError) {
        _ = try DiskSpec.parse(words: words)
    } catch {
        checkPlaces(error) { lines.indices.contains($0) ? lines[$0].count : nil }
    }
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
