import DomainModel
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Makes one CPU pool of each NUMA node; a failure leaves the only pool that there was.
    ///
    /// dom0 stays in the pool of the first node, and gives up the virtual CPUs that this has no processors for.
    /// - Throws: `invalid` when there is more than one pool.
    public func splitCPUPools() async throws(ToolstackError) {
        let pools = try cpuPools()
        guard pools.count == 1, let whole = pools.first else {
            throw ToolstackError(
                .invalid, "splitting not possible, already cpupools in use",
                remedy: "xl cpupool-destroy removes the pools other than Pool-0")
        }
        guard let split = CPUPoolSplit(nodes: topology()?.nodes ?? []) else {
            throw ToolstackError(.fail, "cannot split the CPU pool", cause: "the host's processors are not known")
        }
        var undo = UndoStack()
        do throws(ToolstackError) {
            try await split.apply(to: whole, self, &undo)
            undo.commit()
        } catch {
            await undo.unwind(self)
            throw error
        }
    }
}

extension CPUPoolSplit {
    fileprivate func apply(
        to whole: CPUPool, _ toolstack: Toolstack, _ undo: inout UndoStack
    ) async throws(ToolstackError) {
        // The first node's processors come before any is taken: a pool with domains must not be without.
        let added = first.cpus.subtracting(whole.cpus)
        try require(toolstack.add(added, to: whole), "cannot give the first node's processors to \(whole.title)")
        undo.push("processors of the first node") { _ = toolstack.remove(added, from: whole) }
        try toolstack.rename(whole, to: first.name)
        if let name = whole.name {
            undo.push("name of the first pool") { try toolstack.rename(whole, to: name) }
        }
        try await toolstack.limitControlDomain(to: first.cpus.count, &undo)
        for part in others {
            let moved = part.cpus.intersection(whole.cpus)
            try require(toolstack.remove(moved, from: whole), "cannot take processors out of \(whole.title)")
            undo.push("processors of node \(part.node)") {
                var rest = whole
                rest.cpus = rest.cpus.subtracting(moved)
                _ = try toolstack.add(moved, to: rest)
            }
            let plan = CPUPoolPlan(name: part.name, scheduler: whole.scheduler ?? .unknown, cpus: part.cpus)
            let id = try await toolstack.createCPUPool(plan)
            undo.push(part.name) {
                try await toolstack.destroyCPUPool(
                    CPUPool(
                        id: id, name: part.name, scheduler: plan.scheduler, domains: 0, cpus: part.cpus))
            }
        }
    }

    private func require(_ problems: [CPUMoveProblem], _ message: String) throws(ToolstackError) {
        guard let problem = problems.first else { return }
        throw ToolstackError(.fail, message, cause: "processor \(problem.cpu): \(problem.cause)")
    }
}

extension Toolstack {
    /// Has dom0 use no more than `count` virtual CPUs, and waits until it has given up the others.
    ///
    /// The hypervisor tells nobody when a domain takes down a virtual CPU, so this looks from time to time.
    fileprivate func limitControlDomain(to count: Int, _ undo: inout UndoStack) async throws(ToolstackError) {
        let info = try info(of: .control)
        guard info.onlineVCPUs > count else { return }
        let all = Int(info.maximumVCPUID ?? 0) + 1
        try writeAvailability(ofFirst: count, of: all, in: .control)
        undo.push("virtual CPUs of dom0") { [self] in
            try writeAvailability(ofFirst: Int(info.onlineVCPUs), of: all, in: .control)
        }
        do {
            let isDone: Void? = try await withDeadline(timeouts.vcpuUnplug) { [self] in
                while try self.info(of: .control).onlineVCPUs > count {
                    try await idle(for: .milliseconds(100))
                }
            }
            if isDone != nil { return }
        } catch {
            throw ToolstackError(.fail, "cannot take virtual CPUs from dom0", underlying: error)
        }
        throw ToolstackError(
            .timedOut, "cannot take virtual CPUs from dom0",
            cause: "after \(timeouts.vcpuUnplug) it still uses more than \(count)",
            remedy: "start the hypervisor with dom0_max_vcpus=\(count)")
    }
}
