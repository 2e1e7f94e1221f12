import DomainModel
import XenTypes

extension DomainDraft {
    /// Virtual CPUs, memory and NUMA nodes, which must agree, and then the affinity of the virtual CPUs.
    mutating func readCPUs() {
        let count = integer("vcpus") ?? 0
        let most = integer("maxvcpus") ?? 0
        configuration.buildInfo.availableVCPUs = Bitmap(0..<Int(clamping: count))
        configuration.buildInfo.maxVCPUs = Int32(clamping: most)
        readVirtualNodes()
        if configuration.buildInfo.maxMemKB == nil {
            configuration.buildInfo.maxMemKB = configuration.buildInfo.targetMemKB
        }
        if configuration.buildInfo.maxVCPUs == 0 { configuration.buildInfo.maxVCPUs = Int32(clamping: count) }
        if Int64(configuration.buildInfo.maxVCPUs) < count {
            sink.error(
                .conflict, "maxvcpus is \(configuration.buildInfo.maxVCPUs), less than vcpus",
                at: place("maxvcpus", "vcpus"),
                expected: "at least \(count)", key: "maxvcpus")
        }
        if let target = configuration.buildInfo.targetMemKB, let most = configuration.buildInfo.maxMemKB, most < target
        {
            sink.warning(
                .conflict, "maxmem is less than memory", at: place("maxmem", "memory"),
                expected: "at least \(target >> 10)",
                key: "maxmem")
        }
        configuration.buildInfo.vcpuHardAffinity = affinity("cpus", isSoft: false)
        configuration.buildInfo.vcpuSoftAffinity = affinity("cpus_soft", isSoft: true)
        if !environment.ignoresGlobalAffinity { applyGlobalMasks() }
        readCPUID()
    }

    /// Where the first of these keys that is set has its value.
    func place(_ names: String...) -> SourceRange? { names.lazy.compactMap { settings[$0]?.value.range }.first }

    /// One set of processors for each virtual CPU: all the same from a text, or each its own from a list.
    ///
    /// A list, and any soft affinity, says that the domain is not to be placed automatically.
    private mutating func affinity(_ name: String, isSoft: Bool) -> [Bitmap] {
        guard let (value, key) = setting(name) else { return [] }
        let count = max(Int(configuration.buildInfo.maxVCPUs), 1)
        switch value {
        case .text(let text):
            guard let cpus = cpuList(text, key) else { return [] }
            if isSoft { configuration.buildInfo.numaPlacement = false }
            return Array(repeating: cpus, count: count)
        case .list(let list):
            configuration.buildInfo.numaPlacement = false
            // Upstream's xl dies of an element that is no text.
            let texts = elements(list, key, needsTexts: true)
            if texts.count > count, let surplus = texts.dropFirst(count).first {
                sink.warning(
                    .ignored, "\(name) has entries for \(texts.count) virtual CPUs, but there are \(count)",
                    at: surplus.range, key: name)
            }
            return texts.prefix(count).compactMap { cpuList($0, key) }
        }
    }
}

extension DomainDraft {
    /// Takes away the processors that `xl.conf` keeps from guests; each virtual CPU must keep one.
    private mutating func applyGlobalMasks() {
        let masks = environment.global.cpuMasks(for: configuration.createInfo.type, host: environment.host)
        var sets = configuration.buildInfo.vcpuHardAffinity
        if sets.isEmpty, let first = masks.first {
            sets = Array(repeating: first, count: max(Int(configuration.buildInfo.maxVCPUs), 1))
        }
        sets = sets.map { masks.reduce($0) { $0.intersection($1) } }
        configuration.buildInfo.vcpuHardAffinity = sets
        guard let index = sets.firstIndex(where: \.isEmpty) else { return }
        sink.error(
            .conflict, "virtual CPU \(index) has no processor to run on", at: place("cpus"),
            expected: masks.isEmpty ? "at least one" : "at least one that the masks of xl.conf allow", key: "cpus")
    }
}

/// The options of a node in `vnuma=`.
private enum NodeOption: String, CaseIterable {
    case pnode, size, vcpus, vdistances
}

extension DomainDraft {
    /// `vnuma=`: a list of nodes, each a list of `OPTION=VALUE`.
    private mutating func readVirtualNodes() {
        guard let (value, key) = setting("vnuma") else { return }
        guard case .list(let list) = value else {
            return sink.tolerated(
                .ignored, .wrongType, "vnuma is a single value", at: value.range, expected: key.form.expectation,
                key: key.name)
        }
        guard !list.elements.isEmpty else { return }
        var cpus = 0
        for element in list.elements {
            guard case .list(let options) = element else {
                sink.error(
                    .wrongType, "vnuma: a node is a list of options", at: element.range, expected: "[ 'pnode=0', … ]",
                    key: key.name)
                continue
            }
            var node = VirtualNode()
            node.memKB = 0
            node.distances = Array(repeating: 0, count: list.elements.count)
            for option in options.elements {
                if case .text(let text) = option {
                    cpus += readOption(text, of: &node, key)
                } else {
                    sink.tolerated(
                        .ignored, .wrongType, "vnuma: an option is a list", at: option.range,
                        expected: "a text in quotes", key: key.name)
                }
            }
            configuration.buildInfo.vnumaNodes.append(node)
        }
        if !sink.hasErrors { checkVirtualNodes(value, cpus: cpus) }
    }

    /// The nodes' sums must be what `maxvcpus` and `maxmem` say, or say it in their place.
    private mutating func checkVirtualNodes(_ value: ConfigValue, cpus: Int) {
        if configuration.buildInfo.maxVCPUs == 0 {
            configuration.buildInfo.maxVCPUs = Int32(clamping: cpus)
            if let online = environment.host?.onlineCPUs, cpus > online {
                sink.error(
                    .conflict, "vnuma has \(cpus) virtual CPUs, but the host has \(online) processors", at: value.range,
                    expected: "maxvcpus= to say that this is meant", key: "vnuma")
            }
        } else if cpus != Int(configuration.buildInfo.maxVCPUs) {
            sink.error(
                .conflict, "vnuma has \(cpus) virtual CPUs, but maxvcpus is \(configuration.buildInfo.maxVCPUs)",
                at: value.range, key: "vnuma")
        }
        let memory = configuration.buildInfo.vnumaNodes.reduce(UInt64(0)) { $0 &+ ($1.memKB ?? 0) }
        if let most = configuration.buildInfo.maxMemKB, most != memory {
            sink.error(
                .conflict, "vnuma has \(memory >> 10) MiB of memory, but maxmem is \(most >> 10)", at: value.range,
                key: "vnuma")
        }
        configuration.buildInfo.maxMemKB = memory
    }

    /// Reads one option, and returns how many virtual CPUs it names.
    private mutating func readOption(_ text: ConfigText, of node: inout VirtualNode, _ key: ConfigKey) -> Int {
        let spec = SpecText(text.bytes)
        guard let pair = spec.pair(spec.wholeRange) else {
            reportOption(text, spec.wholeRange, "no option", expected: "OPTION=VALUE", key)
            return 0
        }
        let name = spec.string(spec.trimmed(pair.key))
        let value = spec.trimmed(pair.value)
        switch NodeOption(rawValue: name) {
        case .pnode:
            let nodes = environment.host?.nodes.count
            let limit = nodes.map { UInt64($0) } ?? 65536
            guard let number = decimal(spec, value), number < limit else {
                reportOption(text, value, "no such node", expected: "a node of the host, below \(limit)", key)
                return 0
            }
            node.physicalNode = UInt32(clamping: number)
            configuration.buildInfo.numaPlacement = false
        case .size:
            guard let number = decimal(spec, value), number <= 1 << 32 else {
                reportOption(text, value, "no size", expected: "a number of MiB", key)
                return 0
            }
            node.memKB = number << 10
        case .vcpus: return readNodeCPUs(text, spec, value, of: &node, key)
        case .vdistances:
            let distances = spec.parts(of: value).map { decimal(spec, spec.trimmed($0)).flatMap(UInt32.init(exactly:)) }
            guard distances.count <= node.distances.count, !distances.contains(nil) else {
                reportOption(
                    text, value, "no list of distances",
                    expected: "a number for each of the \(node.distances.count) nodes",
                    key)
                return 0
            }
            for (index, distance) in distances.enumerated() { node.distances[index] = distance ?? 0 }
        case nil:
            reportOption(
                text, pair.key, "unknown option \"\(name)\"", expected: "pnode, size, vcpus or vdistances", key)
        }
        return 0
    }

    private mutating func readNodeCPUs(
        _ text: ConfigText, _ spec: SpecText, _ value: Range<Int>, of node: inout VirtualNode, _ key: ConfigKey
    ) -> Int {
        let most = configuration.buildInfo.maxVCPUs > 0 ? UInt64(configuration.buildInfo.maxVCPUs) : 8192
        var count = 0
        for part in spec.parts(of: value) {
            var scanner = NumberScanner(spec.bytes[spec.trimmed(part)])
            let first = scanner.number(base: 10)
            let last = scanner.skip("-") ? scanner.number(base: 10) : first
            guard let first, let last, first <= last, last < most, scanner.isAtEnd else {
                reportOption(text, part, "no virtual CPUs", expected: "numbers or ranges below \(most)", key)
                continue
            }
            node.vcpus = node.vcpus.union(Bitmap(Int(first)..<Int(last) + 1))
            count += Int(last - first) + 1
        }
        return count
    }

    private func decimal(_ spec: SpecText, _ range: Range<Int>) -> UInt64? {
        var scanner = NumberScanner(spec.bytes[range])
        guard let number = scanner.number(base: 10), scanner.isAtEnd else { return nil }
        return number
    }

    private mutating func reportOption(
        _ text: ConfigText, _ stretch: Range<Int>, _ message: String, expected: String, _ key: ConfigKey
    ) {
        sink.error(
            .invalidSpec, "\(key.name): \(message)", at: text.sourceRange(stretch), expected: expected, key: key.name)
    }
}
