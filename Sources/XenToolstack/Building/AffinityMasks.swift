import DomainModel
import XenTypes

/// The CPUs that xl.conf leaves to guests (`vm.cpumask`, `vm.hvm.cpumask`, `vm.pv.cpumask`).
public struct AffinityMasks: Sendable, Hashable {
    /// For all guests; nil for no limit, as for the others.
    public var all: Bitmap?
    /// For HVM and PVH guests.
    public var hvm: Bitmap?
    public var pv: Bitmap?

    public init(all: Bitmap? = nil, hvm: Bitmap? = nil, pv: Bitmap? = nil) {
        self.all = all
        self.hvm = hvm
        self.pv = pv
    }

    /// The CPUs a guest of one type may use, or nil for all.
    public func cpus(for type: DomainType) -> Bitmap? {
        guard let mask = type == .pv ? pv : hvm else { return all }
        return all.map(mask.intersection) ?? mask
    }

    /// Narrows the hard affinities of a configuration, giving one to vCPUs that have none.
    ///
    /// - Throws: code `invalid` when that leaves a vCPU without any CPU.
    public func apply(to configuration: inout DomainConfiguration) throws(ToolstackError) {
        guard let allowed = cpus(for: configuration.createInfo.type) else { return }
        var info = configuration.buildInfo
        if info.vcpuHardAffinity.isEmpty {
            let wanted = info.cpuMap.isEmpty ? allowed : info.cpuMap
            info.vcpuHardAffinity = Array(repeating: wanted, count: max(Int(info.maxVCPUs), 1))
        }
        for vcpu in info.vcpuHardAffinity.indices {
            info.vcpuHardAffinity[vcpu] = info.vcpuHardAffinity[vcpu].intersection(allowed)
            guard !info.vcpuHardAffinity[vcpu].isEmpty else {
                throw ToolstackError(
                    .invalid, "vCPU \(vcpu) may use none of the CPUs that xl.conf leaves to guests",
                    remedy: "change cpus= of the configuration, or create the domain with -i")
            }
        }
        configuration.buildInfo = info
    }
}
