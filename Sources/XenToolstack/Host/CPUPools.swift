import DomainConfig
import DomainModel
import XenControl
import XenStore
import XenTypes

/// A CPU pool as commands show it.
public struct CPUPool: Hashable, Sendable {
    /// The pool's number.
    public var id: UInt32
    /// As xenstore has it; nil when it has none.
    public var name: String?
    /// nil for a scheduler that this release does not know.
    public var scheduler: DomainModel.Scheduler?
    /// How many domains are in it.
    public var domains: UInt32
    /// Its processors.
    public var cpus: Bitmap

    public init(id: UInt32, name: String?, scheduler: DomainModel.Scheduler?, domains: UInt32, cpus: Bitmap) {
        self.id = id
        self.name = name
        self.scheduler = scheduler
        self.domains = domains
        self.cpus = cpus
    }

    /// Where the pools' names are.
    static let root: StorePath = "/local/pool"
    /// The pool that the hypervisor starts with.
    static let first: UInt32 = 0
}

/// Why a processor stayed where it was.
public struct CPUMoveProblem: Hashable, Sendable {
    /// The processor.
    public var cpu: Int
    /// Why it could not be moved.
    public var cause: String
}

extension Toolstack {
    /// The pools by number.
    public func cpuPools() throws(ToolstackError) -> [CPUPool] {
        do {
            return try hypervisor.cpuPools().map { pool in
                CPUPool(
                    id: pool.id, name: try poolName(pool.id),
                    scheduler: Int32(exactly: pool.scheduler).flatMap { DomainModel.Scheduler(rawValue: $0) },
                    domains: pool.domains, cpus: pool.cpus)
            }
        } catch {
            throw ToolstackError(.fail, "cannot list the CPU pools", underlying: error)
        }
    }

    /// Finds the pool that a user means by its name or number; digits alone are always a number.
    ///
    /// - Throws: `notFound` when there is none.
    public func findCPUPool(_ text: String) throws(ToolstackError) -> CPUPool {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        let match = try cpuPools().first { isNumber ? UInt32(text) == $0.id : $0.name == text }
        guard let match else {
            throw ToolstackError(
                .notFound, "unknown cpupool '\(text)'", remedy: "xl cpupool-list shows the pools that there are")
        }
        return match
    }

    /// The processors that a CPU list names.
    public func cpus(_ list: String) throws(ToolstackError) -> Bitmap {
        do {
            return try CPUList.parse(bytes: list.unescapedBytes, host: topology()).value
        } catch {
            throw ToolstackError(.invalid, "\"\(list)\" is no list of processors", cause: "\(error)")
        }
    }

    /// What `createCPUPool` is to make of a pool's configuration on this host.
    public func plan(_ configuration: CPUPoolConfig) throws(ToolstackError) -> CPUPoolPlan {
        let host: CPUPoolPlan.Host
        do {
            let scheduler = Int32(exactly: try hypervisor.schedulerID()).flatMap {
                DomainModel.Scheduler(rawValue: $0)
            }
            host = CPUPoolPlan.Host(
                nodes: topology()?.nodes ?? [], free: try hypervisor.freeCPUs(), scheduler: scheduler ?? .unknown)
        } catch {
            throw ToolstackError(.fail, "cannot look for free processors", underlying: error)
        }
        if try cpuPools().contains(where: { $0.name == configuration.name }) {
            throw Self.takenName(configuration.name)
        }
        return try CPUPoolPlan(configuration, host: host)
    }

    /// Makes a pool; a failure leaves none.
    ///
    /// - Returns: its number.
    public func createCPUPool(_ plan: CPUPoolPlan) async throws(ToolstackError) -> UInt32 {
        var undo = UndoStack()
        let hypervisor = hypervisor
        do {
            let id = try hypervisor.createCPUPool(scheduler: UInt32(bitPattern: plan.scheduler.rawValue))
            undo.push("CPU pool \(id)") { try hypervisor.destroyCPUPool(id) }
            // Before it has processors: should this be killed, cpupool-destroy frees them by its name.
            try name(pool: id, plan.name, uuid: .random())
            undo.push("nodes of CPU pool \(id)") { [store] in _ = try store.remove(CPUPool.root / id) }
            for cpu in plan.cpus {
                let cpu = Int32(clamping: cpu)
                try hypervisor.addCPU(cpu, toPool: id)
                undo.push("processor \(cpu) in CPU pool \(id)") { try hypervisor.removeCPU(cpu, fromPool: id) }
            }
            undo.commit()
            return id
        } catch {
            await undo.unwind(self)
            throw ToolstackError(
                .fail, "cannot create CPU pool \"\(plan.name)\" with scheduler \(plan.scheduler.name)",
                underlying: error)
        }
    }

    /// Ends a pool without domains; its processors are free then. A failure leaves it as it was.
    public func destroyCPUPool(_ pool: CPUPool) async throws(ToolstackError) {
        guard pool.domains == 0 else {
            throw ToolstackError(
                .invalid, "cannot destroy \(pool.title)", cause: "\(pool.domains) domains are in it",
                remedy: "xl cpupool-migrate moves them to another pool")
        }
        var undo = UndoStack()
        let hypervisor = hypervisor
        do {
            for cpu in pool.cpus {
                let cpu = Int32(clamping: cpu)
                try hypervisor.removeCPU(cpu, fromPool: pool.id)
                undo.push("removal of processor \(cpu)") { try hypervisor.addCPU(cpu, toPool: pool.id) }
            }
            try hypervisor.destroyCPUPool(pool.id)
            undo.commit()
            _ = try store.remove(CPUPool.root / "\(pool.id)")
        } catch {
            await undo.unwind(self)
            throw ToolstackError(.fail, "cannot destroy \(pool.title)", underlying: error)
        }
    }

    /// Gives a pool another name, which no other pool may have.
    public func rename(_ pool: CPUPool, to name: String) throws(ToolstackError) {
        try self.name(pool: pool.id, name, uuid: nil)
    }

    /// Adds free processors to a pool; those that are in it already stay.
    ///
    /// - Returns: the processors that could not be added.
    public func add(_ cpus: Bitmap, to pool: CPUPool) throws(ToolstackError) -> [CPUMoveProblem] {
        let pools = try cpuPools()
        return cpus.subtracting(pool.cpus).compactMap { cpu in
            if let owner = pools.first(where: { $0.cpus.contains(cpu) }) {
                return CPUMoveProblem(cpu: cpu, cause: "it belongs to \(owner.title)")
            }
            return problem(cpu) { () throws(HypervisorError) in
                try hypervisor.addCPU(Int32(clamping: cpu), toPool: pool.id)
            }
        }
    }

    /// Takes processors out of a pool.
    ///
    /// - Returns: the processors that could not be taken out.
    public func remove(_ cpus: Bitmap, from pool: CPUPool) -> [CPUMoveProblem] {
        cpus.compactMap { cpu in
            guard pool.cpus.contains(cpu) else { return CPUMoveProblem(cpu: cpu, cause: "it is not in this pool") }
            return problem(cpu) { () throws(HypervisorError) in
                try hypervisor.removeCPU(Int32(clamping: cpu), fromPool: pool.id)
            }
        }
    }

    private func problem(_ cpu: Int, _ move: () throws(HypervisorError) -> Void) -> CPUMoveProblem? {
        do {
            try move()
            return nil
        } catch {
            return CPUMoveProblem(cpu: cpu, cause: "\(error)")
        }
    }

    /// Moves a domain to another pool.
    public func move(_ domain: DomainID, to pool: CPUPool) throws(ToolstackError) {
        do { try hypervisor.moveDomain(domain, toPool: pool.id) } catch {
            throw ToolstackError(
                .fail, "cannot move domain \(domain) to \(pool.title)", domain: domain, underlying: error)
        }
    }

    /// Writes a pool's name, and its UUID when it is new, unless another pool has the name.
    private func name(pool id: UInt32, _ name: String, uuid: XenUUID?) throws(ToolstackError) {
        guard !name.isEmpty else {
            throw ToolstackError(.invalid, "a CPU pool's name must not be empty")
        }
        try store.transaction(mapError: { ToolstackError(.fail, "cannot name CPU pool \(id)", underlying: $0) }) {
            transaction throws(ToolstackError) in
            do {
                let names = try transaction.list(CPUPool.root) ?? []
                // Asked later than the store: a pool is there before it is named.
                let pools = Set(try hypervisor.cpuPools().map { "\($0.id)" })
                for other in names where other != "\(id)" {
                    // A command that was killed has left the name of a pool that is no more.
                    guard pools.contains(other) else {
                        try transaction.remove(CPUPool.root / other)
                        continue
                    }
                    if try transaction.read(CPUPool.root / other / "name") == name { throw Self.takenName(name) }
                }
                let path = CPUPool.root / "\(id)"
                if let uuid {
                    try transaction.makeDirectory(path)
                    try transaction.write(path / "uuid", "\(uuid)")
                }
                try transaction.write(path / "name", name)
            } catch {
                throw ToolstackError(.fail, "cannot name CPU pool \(id)", underlying: error)
            }
        }
    }

    private static func takenName(_ name: String) -> ToolstackError {
        ToolstackError(
            .invalid, "Pool name \"\(name)\" already exists", remedy: "choose another name, or destroy that pool")
    }
}

extension CPUPool {
    /// The pool in messages.
    var title: String { name.map { "CPU pool \"\($0)\"" } ?? "CPU pool \(id)" }
}
