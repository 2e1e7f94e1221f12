import FuzzSupport

private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    checkRoundTrip(PCISpec.self, input(start, count))
    checkRoundTrip(RDMSpec.self, input(start, count))
    return 0
}

@main enum Harness {
    static func main() { run(fuzz) }
}
