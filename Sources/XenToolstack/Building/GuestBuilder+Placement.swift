import DomainModel
import XenControl
import XenTypes

extension GuestBuilder {
    /// Chooses NUMA nodes where the configuration leaves the choice, and writes the choice down in it.
    func placeOnNodes(_ build: inout DomainBuild) throws(ToolstackError) {
        guard build.info.numaPlacement == true else { return }
        guard build.info.cpuMap.isEmpty, build.info.vcpuSoftAffinity.isEmpty, build.info.nodeMap.isEmpty else {
            logger.debug("no NUMA placement: the configuration sets affinities")
            return
        }
        build.configuration.buildInfo.numaPlacement = false
        let found = try candidate(build)
        guard let found else { return }
        logger.debug(
            "NUMA placement: nodes \(Array(found.nodes)), \(found.cpuCount) CPUs, \(found.freeKB) KiB free")
        build.configuration.buildInfo.nodeMap = found.nodes
        let topology = try nodeOfCPU(build.domain)
        let cpus = Bitmap(topology.indices.filter { cpu in topology[cpu].map(found.nodes.contains) ?? false })
        for vcpu in 0..<UInt32(clamping: build.info.maxVCPUs) {
            try setAffinity(hard: nil, soft: cpus, vcpu: vcpu, of: build.domain)
        }
    }

    private func candidate(_ build: DomainBuild) throws(ToolstackError) -> NUMAPlacement.Candidate? {
        let domain = build.domain
        let nodes = try attempt("read the host's NUMA nodes", domain) { () throws(HypervisorError) in
            try hypervisor.numaNodes()
        }
        guard nodes.count > 1 else { return nil }
        guard nodes.count <= NUMAPlacement.maximumNodes else {
            logger.warning(
                "no NUMA placement: \(nodes.count) nodes are too many to choose from; set cpus_soft or use cpupools")
            return nil
        }
        let topology = try nodeOfCPU(domain)
        let pools = try attempt("read the CPU pools", domain) { () throws(HypervisorError) in
            try hypervisor.cpuPools()
        }
        let pool = pools.first { $0.id == build.configuration.createInfo.poolID }?.cpus ?? []
        // One mask for all vCPUs narrows the choice; different ones do not say which nodes are good.
        let hard = build.info.vcpuHardAffinity
        var suitable = pool
        if let first = hard.first, hard.allSatisfy({ $0 == first }) {
            suitable = pool.intersection(first)
            guard !suitable.isEmpty else {
                throw ToolstackError(
                    .invalid, "none of the CPUs of the domain's affinity is in its CPU pool", domain: domain,
                    remedy: "change cpus= or pool= of the configuration")
            }
        }
        let counts = NUMAPlacement.vcpusOnNode(
            try otherVCPUs(pools), suitable: suitable, nodeOfCPU: topology, nodeCount: nodes.count)
        return NUMAPlacement.best(
            neededKB: MemorySizing.neededKB(build.info, type: build.type), vcpus: Int(build.info.maxVCPUs),
            suitable: suitable,
            host: NUMAPlacement.Host(
                freeKB: nodes.map { ($0.free ?? 0) / 1024 }, nodeOfCPU: topology, vcpusOnNode: counts))
    }

    /// The affinities of everything that runs. A domain that goes away meanwhile is left out.
    private func otherVCPUs(_ pools: [CPUPoolInfo]) throws(ToolstackError) -> [NUMAPlacement.OtherVCPU] {
        let domains: [DomainInfo]
        do {
            domains = try hypervisor.domains()
        } catch {
            throw ToolstackError(.fail, "cannot count the vCPUs of each node", underlying: error)
        }
        var result: [NUMAPlacement.OtherVCPU] = []
        for domain in domains {
            guard let last = domain.maximumVCPUID, let pool = pools.first(where: { $0.id == domain.cpupool }),
                let nodes = try? hypervisor.nodeAffinity(of: domain.domain)
            else { continue }
            for vcpu in 0...last {
                guard let affinity = try? hypervisor.affinity(ofVCPU: vcpu, of: domain.domain) else { continue }
                result.append(
                    NUMAPlacement.OtherVCPU(hardAffinity: affinity.hard, poolCPUs: pool.cpus, nodes: nodes))
            }
        }
        return result
    }

    func nodeOfCPU(_ domain: DomainID) throws(ToolstackError) -> [Int?] {
        try attempt("read the host's CPUs", domain) { () throws(HypervisorError) in
            try hypervisor.cpuTopology().map { $0.node.map { Int($0) } }
        }
    }

    /// Sets the affinities that the configuration names.
    func applyAffinities(_ build: DomainBuild) throws(ToolstackError) {
        let (domain, info) = (build.domain, build.info)
        if !info.nodeMap.isEmpty {
            try attempt("set the node affinity", domain) { () throws(HypervisorError) in
                try hypervisor.setNodeAffinity(info.nodeMap, of: domain)
            }
        }
        let vcpus = min(
            max(info.vcpuHardAffinity.count, info.vcpuSoftAffinity.count), Int(max(info.maxVCPUs, 0)))
        for vcpu in 0..<vcpus {
            let hard = info.vcpuHardAffinity.indices.contains(vcpu) ? info.vcpuHardAffinity[vcpu] : nil
            let soft = info.vcpuSoftAffinity.indices.contains(vcpu) ? info.vcpuSoftAffinity[vcpu] : nil
            try setAffinity(hard: hard, soft: soft, vcpu: UInt32(vcpu), of: domain)
        }
    }

    private func setAffinity(
        hard: Bitmap?, soft: Bitmap?, vcpu: UInt32, of domain: DomainID
    ) throws(ToolstackError) {
        guard hard != nil || soft != nil else { return }
        let effective: VCPUAffinity
        do {
            effective = try hypervisor.setAffinity(hard: hard, soft: soft, ofVCPU: vcpu, of: domain)
        } catch {
            throw ToolstackError(
                .fail, "cannot set the CPU affinity of vCPU \(vcpu)", domain: domain, underlying: error,
                remedy: "cpus= must name at least one CPU of the domain's CPU pool")
        }
        if let hard, hard != effective.hard {
            logger.debug("the hard affinity of vCPU \(vcpu) names CPUs that it cannot use")
        }
        if soft != nil, effective.soft.isEmpty {
            logger.warning("vCPU \(vcpu) can use none of the CPUs of its soft affinity, which has no effect")
        }
    }

    /// Without an affinity of their own, vCPUs of a virtual node prefer its physical node.
    func followVirtualNodes(_ build: DomainBuild) throws(ToolstackError) {
        guard !build.info.vnumaNodes.isEmpty else { return }
        let topology = try nodeOfCPU(build.domain)
        for node in build.info.vnumaNodes {
            let cpus = Bitmap(topology.indices.filter { topology[$0] == Int(node.physicalNode) })
            for vcpu in node.vcpus where vcpu < build.info.maxVCPUs {
                try setAffinity(hard: nil, soft: cpus, vcpu: UInt32(vcpu), of: build.domain)
            }
        }
    }
}
