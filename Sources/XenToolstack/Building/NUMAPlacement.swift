import XenTypes

/// The choice of the NUMA nodes a new domain should live on (the placement of `libxl_numa.c`).
struct NUMAPlacement: Sendable {
    /// The host as the placement sees it.
    struct Host: Sendable, Hashable {
        /// Free memory of each node, in KiB.
        var freeKB: [UInt64]
        /// The node of each physical CPU; nil where the CPU is offline.
        var nodeOfCPU: [Int?]
        /// vCPUs of other domains that may run on each node.
        var vcpusOnNode: [Int]

        /// The nodes that a set of CPUs touches.
        func nodes(of cpus: Bitmap) -> Bitmap {
            Bitmap(cpus.compactMap { nodeOfCPU.indices.contains($0) ? nodeOfCPU[$0] : nil })
        }

        /// The CPUs of a set of nodes.
        func cpus(of nodes: Bitmap) -> Bitmap {
            Bitmap(nodeOfCPU.indices.filter { cpu in nodeOfCPU[cpu].map(nodes.contains) ?? false })
        }
    }

    /// One vCPU of a domain that is already there.
    struct OtherVCPU: Sendable, Hashable {
        /// CPUs it may run on.
        var hardAffinity: Bitmap
        /// CPUs of its domain's pool.
        var poolCPUs: Bitmap
        /// Nodes its domain prefers.
        var nodes: Bitmap
    }

    /// A set of nodes that is good enough.
    struct Candidate: Sendable, Hashable {
        var nodes: Bitmap
        var cpuCount: Int
        /// vCPUs that may run there already.
        var vcpuCount: Int
        var freeKB: UInt64

        /// Fewer vCPUs win, then more free memory: large holes serve later domains best.
        func isBetter(than other: Candidate) -> Bool {
            vcpuCount != other.vcpuCount ? vcpuCount < other.vcpuCount : freeKB > other.freeKB
        }
    }

    /// Beyond this many nodes trying every combination takes too long.
    static let maximumNodes = 16

    /// Counts on how many vCPUs each node must be shared: a vCPU counts once for each node on which both its
    /// own affinity and its domain's let it run.
    ///
    /// - Parameter suitable: the CPUs that the new domain could use.
    static func vcpusOnNode(_ others: [OtherVCPU], suitable: Bitmap, nodeOfCPU: [Int?], nodeCount: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: nodeCount)
        for vcpu in others {
            let cpus = vcpu.hardAffinity.intersection(suitable).intersection(vcpu.poolCPUs)
            let nodes = Bitmap(cpus.compactMap { nodeOfCPU.indices.contains($0) ? nodeOfCPU[$0] : nil })
            for node in nodes.intersection(vcpu.nodes) where node < nodeCount { counts[node] += 1 }
        }
        return counts
    }

    /// The best set of as few nodes as possible that has the memory and the CPUs, or nil when there is none
    /// or nothing to choose from.
    ///
    /// - Parameters:
    ///   - neededKB: memory the domain takes of the host.
    ///   - vcpus: CPUs the nodes must have.
    ///   - suitable: CPUs the domain may use.
    static func best(neededKB: UInt64, vcpus: Int, suitable: Bitmap, host: Host) -> Candidate? {
        guard (2...maximumNodes).contains(host.freeKB.count) else { return nil }
        let nodes = Array(host.nodes(of: suitable).filter { $0 < host.freeKB.count })
        guard !nodes.isEmpty else { return nil }
        let first = min(max(fewestNodes(vcpus: vcpus, host: host), 1), nodes.count)
        for size in first...nodes.count {
            var best: Candidate?
            forEachCombination(of: nodes, size: size) { members in
                let candidate = self.candidate(Bitmap(members), suitable: suitable, host: host)
                guard candidate.freeKB >= neededKB, candidate.cpuCount >= vcpus else { return }
                if best.map(candidate.isBetter(than:)) ?? true { best = candidate }
            }
            if let best { return best }
        }
        return nil
    }

    private static func candidate(_ nodes: Bitmap, suitable: Bitmap, host: Host) -> Candidate {
        Candidate(
            nodes: nodes, cpuCount: host.cpus(of: nodes).intersection(suitable).count,
            vcpuCount: nodes.reduce(0) { $0 + (host.vcpusOnNode.indices.contains($1) ? host.vcpusOnNode[$1] : 0) },
            freeKB: nodes.reduce(0) { saturatingSum($0, host.freeKB[$1]) })
    }

    /// Where every node has as many CPUs as the next, fewer nodes than this cannot do; 1 elsewhere.
    private static func fewestNodes(vcpus: Int, host: Host) -> Int {
        let counts = host.freeKB.indices.map { node in host.nodeOfCPU.count { $0 == node } }
        guard let each = counts.first, each > 0, counts.allSatisfy({ $0 == each }) else { return 1 }
        return vcpus / each + (vcpus % each == 0 ? 0 : 1)
    }

    /// Every choice of `size` members, in lexicographic order: of equals the first is kept.
    private static func forEachCombination(of members: [Int], size: Int, _ body: ([Int]) -> Void) {
        var indices = Array(0..<size)
        while true {
            body(indices.map { members[$0] })
            guard let moving = indices.indices.last(where: { indices[$0] != members.count - size + $0 }) else { return }
            indices[moving] += 1
            for index in indices.indices.dropFirst(moving + 1) { indices[index] = indices[index - 1] + 1 }
        }
    }
}
