import DomainModel

/// Memory, and what of the machine is mapped into it.
let memoryKeys: [ConfigKey] = [
    .mebibytes("memory", \.buildInfo.targetMemKB, "Memory that the guest starts with", default: "maxmem, or 32"),
    ConfigKey(
        "maxmem", .mebibytes, "Most memory of the guest", default: "memory",
        write: {
            $0.buildInfo.maxMemKB == $0.buildInfo.targetMemKB ? nil : $0.buildInfo.maxMemKB.map(WrittenValue.mebibytes)
        }
    ) {
        if let size = $2.kibibytes($0, $1) { $2.configuration.buildInfo.maxMemKB = size }
    },
    .mebibytes(
        "shadow_memory", \.buildInfo.shadowMemKB, "Memory for the guest's page tables in the hypervisor",
        default: "1 MiB per virtual CPU and 8 KiB per MiB of memory", for: [.hvm, .pvh]),
    ConfigKey(
        "vnuma", .lists("OPTION=VALUE"), "The guest's NUMA nodes: pnode=, size=, vcpus=, vdistances=",
        write: { writeVirtualNodes($0.buildInfo) }),
    .flag(
        "hap", \.createInfo.hap, "Use the processor's second level of page tables", default: "1 where the host can",
        for: [.hvm, .pvh]),
    .flag(
        "oos", \.createInfo.oos, "Let shadow page tables be out of sync for a while", default: "1", for: [.hvm, .pvh]),
    ConfigKey(
        "e820_host", .boolean, "Show the guest the machine's memory map", default: "0, 1 with pci", for: .pv,
        readFor: .pv,
        write: { $0.pciDevices.isEmpty ? $0.buildInfo.pv?.e820Host.map(WrittenValue.flag) : nil }
    ) {
        if let flag = $2.boolean($0, $1) { $2.configuration.buildInfo.pv?.e820Host = flag }
    },
    ConfigKey(
        "llc_colors", .list("FIRST-LAST"), "Colours of the last-level cache for the guest's memory (ARM)",
        since: "4.20", .ignored("only ARM guests have it"),
        write: { .list(nonEmpty: $0.buildInfo.llcColors.map { String($0) }) }, store: storeCacheColors),
    ConfigKey(
        "ioports", .list("FIRST-LAST"), "I/O ports of the machine for the guest, hexadecimal",
        write: { .list(nonEmpty: $0.buildInfo.ioPorts.map(writePorts)) }, store: storeIOPorts),
    ConfigKey(
        "irqs", .list("IRQ"), "Interrupts of the machine for the guest, decimal",
        write: { .list(nonEmpty: $0.buildInfo.irqs.map { String($0) }) },
        store: storeIRQs),
    ConfigKey(
        "iomem", .list("FRAME,COUNT[@GUEST-FRAME]"), "Pages of the machine's memory for the guest, hexadecimal",
        write: { .list(nonEmpty: $0.buildInfo.ioMemory.map(writeFrames)) }, store: storeIOMemory),
]

private func writePorts(_ range: IOPortRange) -> String {
    let first = String(range.first, radix: 16)
    return range.number <= 1 ? first : "\(first)-\(String(UInt64(range.first) + UInt64(range.number) - 1, radix: 16))"
}

private func writeFrames(_ range: IOMemoryRange) -> String {
    let guest = range.gfn.map { "@" + String($0, radix: 16) } ?? ""
    return String(range.start, radix: 16) + "," + String(range.number, radix: 16) + guest
}

private func writeVirtualNodes(_ build: BuildInfo) -> WrittenValue? {
    guard !build.vnumaNodes.isEmpty else { return nil }
    return .lists(
        build.vnumaNodes.map { node in
            let distances = node.distances.map { String($0) }.joined(separator: ",")
            // pnode= turns automatic placement off, so it stands only where that is so.
            let place = build.numaPlacement == false ? ["pnode=\(node.physicalNode)"] : []
            return place + [
                "size=\((node.memKB ?? 0) >> 10)", "vcpus=\(node.vcpus.ranges)", "vdistances=\(distances)",
            ]
        })
}

private let storeIOPorts: ConfigKey.Store = { value, key, draft in
    draft.configuration.buildInfo.ioPorts = draft.ranges(value, key, "ascending hexadecimal ports as in 2f8 or 2f8-2ff")
    { scanner in
        guard let first = scanner.number(base: 16), first < UInt64(UInt32.max) else { return nil }
        var last = first
        if scanner.skip("-") {
            guard let number = scanner.number(base: 16), number >= first, number < UInt64(UInt32.max) else {
                return nil
            }
            last = number
        } else {
            // Upstream's xl says so and goes on.
            scanner.passOverRest()
        }
        var range = IOPortRange()
        range.first = UInt32(first)
        range.number = UInt32(last - first + 1)
        return range
    }
}

private let storeIRQs: ConfigKey.Store = { value, key, draft in
    draft.configuration.buildInfo.irqs = draft.ranges(value, key, "the number of an interrupt") { scanner in
        scanner.number(base: 10).flatMap { $0 < UInt64(UInt32.max) ? UInt32($0) : nil }
    }
}

private let storeIOMemory: ConfigKey.Store = { value, key, draft in
    draft.configuration.buildInfo.ioMemory = draft.ranges(
        value, key, "hexadecimal page numbers as in f0000,1 or f0000,1@1000"
    ) { scanner in
        var range = IOMemoryRange()
        guard let start = scanner.number(base: 16), scanner.skip(","), let count = scanner.number(base: 16) else {
            return nil
        }
        range.start = start
        range.number = count
        if scanner.skip("@") {
            guard let frame = scanner.number(base: 16) else { return nil }
            range.gfn = frame
        }
        return range
    }
}

/// More colours than any cache has; a longer range is a slip of the pen that would fill memory.
private let mostCacheColors: UInt64 = 65536

private let storeCacheColors: ConfigKey.Store = { value, key, draft in
    let ranges: [ClosedRange<UInt32>] = draft.ranges(value, key, "ascending numbers as in 0-3") { scanner in
        guard let first = scanner.number(base: 10), first < mostCacheColors else { return nil }
        guard scanner.skip("-") else { return UInt32(first)...UInt32(first) }
        guard let last = scanner.number(base: 10), last >= first, last < mostCacheColors else { return nil }
        return UInt32(first)...UInt32(last)
    }
    guard ranges.reduce(0, { $0 + UInt64($1.count) }) <= mostCacheColors else {
        return draft.sink.error(
            .outOfRange, "llc_colors: there are more colors than any cache has", at: value.range,
            expected: "at most \(mostCacheColors)", key: key.name)
    }
    draft.configuration.buildInfo.llcColors = ranges.flatMap { Array($0) }
}

/// Reads numbers one after another.
struct NumberScanner {
    private var rest: ArraySlice<UInt8>
    /// Whether a rest was left unread.
    private(set) var hasPassedOver = false

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// A number without sign, or nil when there is none or it has more than 64 bits.
    mutating func number(base: Int) -> UInt64? {
        guard let number = try? CNumber(rest, base: base), !number.isNegative else { return nil }
        rest = rest[number.end...]
        return number.magnitude
    }

    mutating func passOverRest() {
        hasPassedOver = !rest.isEmpty
        rest = []
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }
}

extension DomainDraft {
    /// Reads each element of a list of texts with `read`, which must take all of it.
    ///
    /// - Parameter expected: what an element should be, in words.
    fileprivate mutating func ranges<Range>(
        _ value: ConfigValue, _ key: ConfigKey, _ expected: String, read: (inout NumberScanner) -> Range?
    ) -> [Range] {
        guard let texts = texts(value, key, needsTexts: true) else { return [] }
        var ranges: [Range] = []
        for text in texts {
            var scanner = NumberScanner(text.bytes[...])
            if let range = read(&scanner), scanner.isAtEnd {
                ranges.append(range)
                if scanner.hasPassedOver {
                    sink.tolerated(
                        .ignored, .invalidSpec, "\(key.name): what follows the number in \"\(text.string)\"",
                        at: text.range, expected: expected, key: key.name)
                }
            } else {
                sink.error(
                    .invalidSpec, "\(key.name): \"\(text.string)\" cannot be read", at: text.range,
                    expected: expected, key: key.name)
            }
        }
        return ranges
    }
}
