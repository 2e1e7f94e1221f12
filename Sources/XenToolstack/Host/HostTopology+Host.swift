import DomainConfig
import XenControl
import XenTypes

extension Toolstack {
    /// The host's processors, as CPU lists of configurations need them; nil where no hypervisor answers.
    public func topology() -> HostTopology? {
        guard let info = try? hypervisor.physicalInfo(), let cpus = try? hypervisor.cpuTopology() else { return nil }
        var nodes = Array(repeating: Bitmap(), count: min(Int(info.nodes), 65536))
        for (cpu, place) in cpus.enumerated() {
            guard let node = place.node.map({ Int($0) }), node < 65536 else { continue }
            while nodes.count <= node { nodes.append([]) }
            nodes[node].insert(cpu)
        }
        return HostTopology(
            cpuCount: Int(info.maximumCPUID) + 1, onlineCPUs: Int(info.onlineCPUs), nodes: nodes)
    }
}
