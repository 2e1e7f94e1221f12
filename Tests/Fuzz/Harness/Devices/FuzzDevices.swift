import FuzzSupport

private let checks: [@Sendable ([UInt8]) -> Void] = [
    { checkRoundTrip(USBControllerSpec.self, $0) }, { checkRoundTrip(USBDeviceSpec.self, $0) },
    { checkRoundTrip(VTPMSpec.self, $0) }, { checkRoundTrip(P9Spec.self, $0) },
    { checkRoundTrip(PVCallsSpec.self, $0) },
    { checkRoundTrip(VirtIOSpec.self, $0) }, { checkRoundTrip(DTDeviceSpec.self, $0) },
    { checkRoundTrip(ChannelSpec.self, $0) }, { checkRoundTrip(VFBSpec.self, $0) },
    { checkRoundTrip(VKBSpec.self, $0) },
    { checkRoundTrip(VDisplSpec.self, $0) }, checkSound,
    { _ = VirtualDevice(String(escapingBytes: $0)) },
]

/// The first byte, a letter from `a` on, chooses the kind of device.
private func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    guard let first = bytes.first, first >= UInt8(ascii: "a"), first - UInt8(ascii: "a") < checks.count else {
        return -1
    }
    checks[Int(first - UInt8(ascii: "a"))](Array(bytes.dropFirst()))
    return 0
}

/// A sound card is a list of items: one on each line.
@Sendable private func checkSound(_ bytes: [UInt8]) {
    let items = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
    do throws(SpecError) {
        let card = try VSndSpec.parse(items: items).value
        guard let written = try? VSndSpec.items(for: card) else { return }
        require(try VSndSpec.parse(words: written).value == card, "\(card)\nbecame\n\(written)")
    } catch {
        checkPlaces(error) { items.indices.contains($0) ? items[$0].count : nil }
    }
}

@main enum Harness {
    static func main() { run(fuzz) }
}
