import FuzzSupport

private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkRoundTrip(VIFSpec.self, input(start, count))
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
