import DomainConfig
import DomainModel
import XenTypes

extension FuzzTarget {
    /// The small languages inside the values of a configuration.
    static let specifications: [FuzzTarget] = [
        FuzzTarget("CPUID", checkCPUID),
        FuzzTarget("CPUList", checkCPUList),
        FuzzTarget("Devices", checkDevice),
        FuzzTarget("Disk", checkDisk),
        FuzzTarget("PCI") { bytes in
            try checkRoundTrip(PCISpec.self, bytes)
            try checkRoundTrip(RDMSpec.self, bytes)
        },
        FuzzTarget("VIF") { try checkRoundTrip(VIFSpec.self, $0) },
    ]
}

/// Lines, those that are empty, too.
func lines(of bytes: [UInt8]) -> [[UInt8]] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
}

/// Reads a specification; what it gives must be the same after writing and reading it again.
private func checkRoundTrip<Spec: DeviceSpec>(_ spec: Spec.Type, _ bytes: [UInt8]) throws {
    let device: Spec.Device
    do throws(SpecError) {
        device = try Spec.parse(bytes: bytes, into: Spec.Device()).value
    } catch {
        return try checkPlace(error, in: bytes.count)
    }
    guard let text = try? Spec.text(for: device) else { return }
    let again = try? Spec.parse(text).value
    try require(again == device, "\(device)\nbecame\n\(text)\nand that\n\(String(describing: again))")
}

/// Faults must lie within the text.
private func checkPlace(_ error: SpecError, in count: Int) throws(BrokenPromise) {
    try checkPlaces(error) { _ in count }
}

/// Faults must lie within their words, of which `count` tells the length; nil for a word that is not there.
private func checkPlaces(_ error: SpecError, count: (Int) -> Int?) throws(BrokenPromise) {
    for fault in error.all {
        guard let count = count(fault.word) else { throw BrokenPromise(description: "\(fault) is in no word") }
        try require(fault.range.lowerBound >= 0 && fault.range.upperBound <= count, "\(fault) is out of the text")
        try require(!fault.description.isEmpty && fault.further.isEmpty, "a fault without words")
    }
}

/// As above, for words that stand on a line each.
private func checkPlaces(_ error: SpecError, in lines: [[UInt8]]) throws(BrokenPromise) {
    try checkPlaces(error) { lines.indices.contains($0) ? lines[$0].count : nil }
}

/// Both syntaxes: the whole input as a text, and its lines as a list.
@Sendable private func checkCPUID(_ bytes: [UInt8]) throws {
    do {
        try checkRoundTrip(CPUIDSpec.parse(text: bytes).value)
    } catch let error as SpecError {
        try checkPlace(error, in: bytes.count)
    }
    let lines = lines(of: bytes)
    do {
        try checkRoundTrip(CPUIDSpec.parse(list: lines).value)
    } catch let error as SpecError {
        try checkPlaces(error, in: lines)
    }
}

private func checkRoundTrip(_ policy: CPUIDPolicy) throws {
    guard let written = try? CPUIDSpec.written(policy) else { return }
    let again: CPUIDPolicy?
    switch written {
    case .text(let text): again = try? CPUIDSpec.parse(text: Array(text.utf8)).value
    case .list(let lines): again = try? CPUIDSpec.parse(list: lines.map { Array($0.utf8) }).value
    }
    try require(again == policy, "\(policy)\nbecame\n\(written)")
}

/// A host for everything that depends on one.
let fuzzHost = HostTopology(cpuCount: 12, onlineCPUs: 8, nodes: [[0, 1, 2, 3], [4, 5, 6, 7]])

@Sendable private func checkCPUList(_ bytes: [UInt8]) throws {
    for host in [fuzzHost, nil] {
        do {
            let list = try CPUList.parse(bytes: bytes, host: host).value
            try require(host == nil || list.max ?? 0 < 16, "\(list.max ?? 0) is not on the host")
        } catch let error as SpecError {
            try checkPlace(error, in: bytes.count)
        }
    }
    if let text = String(validating: bytes, as: UTF8.self) { _ = try? MemorySize.kibibytes(text) }
}

/// One disk, or several words of a command line with a newline between them.
@Sendable private func checkDisk(_ bytes: [UInt8]) throws {
    try checkRoundTrip(DiskSpec.self, bytes)
    let lines = lines(of: bytes)
    do throws(SpecError) {
        _ = try DiskSpec.parse(words: lines.map { String(escapingBytes: $0) })
    } catch {
        try checkPlaces(error, in: lines)
    }
}

/// The first byte, counted from `a`, chooses the kind of device.
@Sendable private func checkDevice(_ bytes: [UInt8]) throws {
    guard let first = bytes.first else { return }
    try devices[Int(first &- UInt8(ascii: "a")) % devices.count](Array(bytes.dropFirst()))
}

private let devices: [@Sendable ([UInt8]) throws -> Void] = [
    { try checkRoundTrip(USBControllerSpec.self, $0) }, { try checkRoundTrip(USBDeviceSpec.self, $0) },
    { try checkRoundTrip(VTPMSpec.self, $0) }, { try checkRoundTrip(P9Spec.self, $0) },
    { try checkRoundTrip(PVCallsSpec.self, $0) }, { try checkRoundTrip(VirtIOSpec.self, $0) },
    { try checkRoundTrip(DTDeviceSpec.self, $0) }, { try checkRoundTrip(ChannelSpec.self, $0) },
    { try checkRoundTrip(VFBSpec.self, $0) }, { try checkRoundTrip(VKBSpec.self, $0) },
    { try checkRoundTrip(VDisplSpec.self, $0) }, checkSoundCard,
    { _ = VirtualDevice(String(escapingBytes: $0)) },
]

/// A sound card is a list of items: one on each line.
@Sendable private func checkSoundCard(_ bytes: [UInt8]) throws {
    let items = lines(of: bytes)
    do {
        let card = try VSndSpec.parse(items: items).value
        guard let written = try? VSndSpec.items(for: card) else { return }
        let again = try? VSndSpec.parse(words: written).value
        try require(again == card, "\(card)\nbecame\n\(written)")
    } catch let error as SpecError {
        try checkPlaces(error, in: items)
    }
}
