import DomainConfig
import DomainModel
import XenTypes

/// What `xl cpupool-create` makes.
public struct CPUPoolPlan: Hashable, Sendable {
    /// The pool's name.
    public var name: String
    /// Its scheduler.
    public var scheduler: DomainModel.Scheduler
    /// Its processors.
    public var cpus: Bitmap

    public init(name: String, scheduler: DomainModel.Scheduler, cpus: Bitmap) {
        self.name = name
        self.scheduler = scheduler
        self.cpus = cpus
    }

    /// What of a host a pool depends on.
    struct Host: Sendable {
        /// The processors of each NUMA node.
        var nodes: [Bitmap]
        /// The processors that are in no pool.
        var free: Bitmap
        /// The hypervisor's own scheduler.
        var scheduler: DomainModel.Scheduler
    }

    /// - Throws: `invalid` when the host has no such free processors.
    init(_ configuration: CPUPoolConfig, host: Host) throws(ToolstackError) {
        name = configuration.name
        scheduler = configuration.scheduler ?? host.scheduler
        guard configuration.nodes == nil else {
            let members = (configuration.nodes ?? []).filter(host.nodes.indices.contains).map { host.nodes[$0] }
            cpus = members.reduce(Bitmap()) { $0.union($1) }.intersection(host.free)
            guard !cpus.isEmpty else {
                throw ToolstackError(
                    .invalid, "no free cpu found", cause: "the nodes of nodes= have no processor that is in no pool",
                    remedy: "xl cpupool-cpu-remove frees processors")
            }
            return
        }
        cpus = configuration.cpus ?? []
        let taken = cpus.subtracting(host.free)
        guard taken.isEmpty else {
            let numbers = taken.map { "\($0)" }.joined(separator: ", ")
            throw ToolstackError(
                .invalid, "cpu \(numbers) illegal or not free",
                remedy: "xl cpupool-list -c shows which pools have them, xl cpupool-cpu-remove frees them")
        }
    }
}

/// How `xl cpupool-numa-split` divides a host: a pool for each NUMA node that has processors.
struct CPUPoolSplit: Hashable, Sendable {
    struct Part: Hashable, Sendable {
        var node: Int
        var cpus: Bitmap

        var name: String { "Pool-node\(node)" }
    }

    /// What is left of the pool that the hypervisor started with: the node of the lowest processor.
    var first: Part
    /// The new pools, by their lowest processor.
    var others: [Part]

    /// - Returns: nil for a host without processors.
    init?(nodes: [Bitmap]) {
        let parts = nodes.enumerated().filter { !$1.isEmpty }
            .map { Part(node: $0, cpus: $1) }
            .sorted { ($0.cpus.first { _ in true } ?? 0) < ($1.cpus.first { _ in true } ?? 0) }
        guard let first = parts.first else { return nil }
        self.first = first
        others = Array(parts.dropFirst())
    }
}
