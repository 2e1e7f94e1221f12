import XenTypes

/// Sets of processors as configurations and commands write them: `0-3,^2,node:1`.
///
/// The parts count from left to right: `N` and `N-M` add processors, `node:N` and `nodes:N-M` those of NUMA
/// nodes, `all` every one, and `^` before a part takes its processors away.
public enum CPUList {
    /// Without a host to ask, numbers below this are accepted (`NR_CPUS` of the largest hypervisor).
    private static let mostCPUs: UInt64 = 16384

    /// Reads a list.
    ///
    /// - Parameter host: the processors; without it `all` means as many as one byte holds, and nodes are unknown.
    public static func parse(bytes: [UInt8], host: HostTopology?) throws(SpecError) -> ParsedSpec<Bitmap> {
        let text = SpecText(bytes)
        var result = ParsedSpec(Bitmap())
        var faults = SpecFaults()
        for part in text.parts() {
            faults.collect { () throws(SpecError) in try apply(part, of: text, host, to: &result) }
        }
        try faults.throwIfAny()
        return result
    }

    private static func apply(
        _ part: Range<Int>, of text: SpecText, _ host: HostTopology?, to result: inout ParsedSpec<Bitmap>
    ) throws(SpecError) {
        var rest = text.bytes[part]
        let isRemoved = rest.first == UInt8(ascii: "^")
        if isRemoved { rest = rest.dropFirst() }
        let prefix = ["nodes:", "node:"].first { rest.starts(with: $0.utf8) }
        if let prefix { rest = rest.dropFirst(prefix.utf8.count) }
        if rest.elementsEqual("all".utf8) {
            guard !isRemoved else {
                throw text.error(
                    .conflict, "^all takes all processors away", at: part, expected: "the processors to keep")
            }
            result.value = result.value.union(Bitmap(0..<(host?.bitmapSize ?? 8)))
            return
        }
        let numbers = try range(rest, part, of: text)
        let members: Bitmap
        if prefix != nil {
            members = try cpus(ofNodes: numbers, part, of: text, host)
        } else {
            members = Bitmap(Int(numbers.lowerBound)..<Int(numbers.upperBound) + 1)
            if let host, numbers.upperBound >= UInt64(host.cpuCount) {
                result.warnings.append(
                    text.error(
                        .ignored, "the host has no processor \(numbers.upperBound)", at: part,
                        expected: "numbers below \(host.cpuCount)"))
            }
        }
        let possible = host.map { members.intersection(Bitmap(0..<$0.bitmapSize)) } ?? members
        result.value = isRemoved ? result.value.subtracting(possible) : result.value.union(possible)
    }

    private static func range(
        _ bytes: ArraySlice<UInt8>, _ part: Range<Int>, of text: SpecText
    ) throws(SpecError) -> ClosedRange<UInt64> {
        var scanner = NumberScanner(bytes)
        let first = scanner.number(base: 10)
        let last = scanner.skip("-") ? scanner.number(base: 10) : first
        guard let first, let last, scanner.isAtEnd else {
            throw text.error(
                .syntax, "\"\(text.string(part))\" is no processor", at: part,
                expected: "N, N-M, node:N, nodes:N-M, all, or one of them behind ^")
        }
        guard first <= last, last < mostCPUs else {
            throw text.error(
                .outOfRange, "\"\(text.string(part))\" is out of range", at: part,
                expected: "ascending numbers below \(mostCPUs)")
        }
        return first...last
    }

    private static func cpus(
        ofNodes nodes: ClosedRange<UInt64>, _ part: Range<Int>, of text: SpecText, _ host: HostTopology?
    ) throws(SpecError) -> Bitmap {
        guard let host else { return [] }
        guard nodes.upperBound < UInt64(host.nodes.count) else {
            throw text.error(
                .outOfRange, "the host has no node \(nodes.upperBound)", at: part,
                expected: "nodes below \(host.nodes.count)")
        }
        return nodes.reduce(Bitmap()) { $0.union(host.nodes[Int($1)]) }
    }
}

extension DomainDraft {
    /// A CPU list, or nil when it has been reported as faulty.
    mutating func cpuList(_ text: ConfigText, _ key: ConfigKey) -> Bitmap? {
        do throws(SpecError) {
            return take(try CPUList.parse(bytes: text.bytes, host: environment.host), of: text, key)
        } catch {
            report(error, .error, in: text, key)
            return nil
        }
    }
}
