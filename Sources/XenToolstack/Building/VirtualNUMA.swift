import DomainModel
import XenTypes

/// A part of guest memory that belongs to a virtual NUMA node (`xen_vmemrange_t` in `xen/memory.h`).
package struct VirtualMemoryRange: Sendable, Hashable {
    /// First byte.
    package var start: UInt64
    /// The byte after the last one.
    package var end: UInt64
    /// The virtual node.
    package var node: Int

    package init(start: UInt64, end: UInt64, node: Int) {
        self.start = start
        self.end = end
        self.node = node
    }
}

/// A guest's virtual NUMA topology, checked.
struct VirtualNUMA: Sendable, Hashable {
    /// Sorted by address, without overlap.
    var ranges: [VirtualMemoryRange]
    /// Virtual node of each vCPU.
    var nodeOfVCPU: [Int]
    /// Physical node of each virtual one.
    var physicalNode: [Int]
    /// One row of distances for each virtual node.
    var distances: [[UInt32]]
    /// Affinities that do not match the topology: they cost speed, nothing else.
    var warnings: [String]

    var nodeCount: Int { physicalNode.count }

    /// For SRAT and SLIT, whose distances are one byte.
    var acpi: ACPINUMA {
        ACPINUMA(
            nodeCount: nodeCount, nodeOfVCPU: nodeOfVCPU, ranges: ranges,
            distances: distances.joined().map { UInt8(clamping: $0) })
    }

    /// - Parameters:
    ///   - info: with every default applied and at least one virtual node.
    ///   - layout: where the guest's RAM is.
    ///   - nodeOfCPU: the host's nodes by CPU.
    ///   - nodeCount: how many nodes the host has.
    /// - Throws: `ToolstackError` with code `vnumaConfigurationInvalid` naming the first contradiction.
    init(_ info: BuildInfo, layout: GuestLayout, nodeOfCPU: [Int?], nodeCount: Int) throws(ToolstackError) {
        try Self.check(info, hostNodes: nodeCount)
        let vcpus = Int(info.maxVCPUs)
        var nodeOfVCPU = [Int?](repeating: nil, count: vcpus)
        for (node, virtual) in info.vnumaNodes.enumerated() {
            for vcpu in virtual.vcpus where vcpu < vcpus {
                if nodeOfVCPU[vcpu] != nil { throw Self.invalid("vCPU \(vcpu) is assigned to more than one node") }
                nodeOfVCPU[vcpu] = node
            }
        }
        if let missing = nodeOfVCPU.firstIndex(of: nil) {
            throw Self.invalid("vCPU \(missing) is not assigned to any node")
        }
        self.nodeOfVCPU = nodeOfVCPU.compactMap(\.self)
        physicalNode = info.vnumaNodes.map { Int($0.physicalNode) }
        distances = info.vnumaNodes.map(\.distances)
        var sizes = info.vnumaNodes.map { $0.memKB ?? 0 }
        // The video memory is not RAM; it comes out of the first node.
        if let first = sizes.first { sizes[0] = first.minusOrZero(info.videoMemKB ?? 0) }
        ranges = Self.ranges(sizes, layout: layout)
        warnings = Self.mismatches(info, nodeOfCPU: nodeOfCPU)
    }

    private static func check(_ info: BuildInfo, hostNodes: Int) throws(ToolstackError) {
        let nodes = info.vnumaNodes
        for (index, node) in nodes.enumerated() {
            if node.physicalNode >= UInt32(clamping: hostNodes) {
                throw invalid(
                    "virtual node \(index) is placed on node \(node.physicalNode), and this host has \(hostNodes)")
            }
            guard node.distances.count == nodes.count else {
                throw invalid("virtual node \(index) has \(node.distances.count) distances instead of \(nodes.count)")
            }
            if let near = node.distances.firstIndex(where: { $0 < node.distances[index] }) {
                throw invalid("virtual node \(index) is nearer to node \(near) than to itself")
            }
        }
        let total = nodes.reduce(0 as UInt64) { saturatingSum($0, $1.memKB ?? 0) }
        let expected = info.maxMemKB ?? 0
        guard total == expected else {
            throw invalid("the virtual nodes have \(total) KiB together, and the domain has \(expected) KiB")
        }
        if let video = info.videoMemKB, let first = nodes.first, (first.memKB ?? 0) < video {
            throw invalid("virtual node 0 is too small for the video memory")
        }
    }

    /// Cuts the guest's RAM into the nodes' shares, in order, leaving out the hole below 4 GiB.
    private static func ranges(_ sizesKB: [UInt64], layout: GuestLayout) -> [VirtualMemoryRange] {
        let holeStart = min(layout.lowEnd, layout.holeStart)
        var ranges: [VirtualMemoryRange] = []
        var next: UInt64 = 0
        for (node, sizeKB) in sizesKB.enumerated() {
            var remaining = sizeKB.multipliedReportingOverflow(by: 1024).partialValue
            while remaining > 0 {
                if next >= holeStart, next < GuestLayout.fourGiB { next = GuestLayout.fourGiB }
                let count = next < holeStart ? min(remaining, holeStart - next) : remaining
                let end = saturatingSum(next, count)
                ranges.append(VirtualMemoryRange(start: next, end: end, node: node))
                if end == .max { break }
                remaining -= count
                next = end
            }
        }
        return ranges
    }

    private static func mismatches(_ info: BuildInfo, nodeOfCPU: [Int?]) -> [String] {
        var warnings: [String] = []
        for node in info.vnumaNodes {
            for (kind, affinities) in [("hard", info.vcpuHardAffinity), ("soft", info.vcpuSoftAffinity)] {
                for vcpu in node.vcpus where vcpu < affinities.count {
                    let nodes = Set(
                        affinities[vcpu].compactMap { nodeOfCPU.indices.contains($0) ? nodeOfCPU[$0] : nil })
                    if nodes != [Int(node.physicalNode)] {
                        warnings.append(
                            "the \(kind) affinity of vCPU \(vcpu) does not match its node \(node.physicalNode)")
                    }
                }
            }
        }
        return warnings
    }

    private static func invalid(_ reason: String) -> ToolstackError {
        ToolstackError(
            .vnumaConfigurationInvalid, "the virtual NUMA configuration is invalid: \(reason)",
            remedy: "correct vnuma= of the configuration")
    }
}
