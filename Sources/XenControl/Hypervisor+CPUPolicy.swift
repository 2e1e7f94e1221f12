import CXen
import XenTypes

/// What CPUID answers for one leaf.
public struct CPULeaf: Hashable, Sendable, Codable {
    /// The leaf's number.
    public var leaf: UInt32
    /// Nil when the leaf has no subleaves.
    public var subleaf: UInt32?
    /// eax, ebx, ecx and edx.
    public var registers: [UInt32]

    public init(leaf: UInt32, subleaf: UInt32?, registers: [UInt32]) {
        self.leaf = leaf
        self.subleaf = subleaf
        self.registers = registers
    }
}

/// The CPU policies that the hypervisor has for all domains (`XEN_SYSCTL_cpu_policy_*` in `xen/sysctl.h`).
package enum SystemCPUPolicy: UInt32, Sendable {
    /// The most that a PV guest can have.
    case pvMaximum = 2
    /// The most that an HVM guest can have.
    case hvmMaximum = 3
}

extension Hypervisor {
    /// What a domain sees of CPUID.
    package func cpuLeaves(of domain: DomainID) throws(HypervisorError) -> [CPULeaf] {
        try cpuLeaves("read the CPU policy of", domain) { xc_cpu_policy_get_domain($0, domain.rawValue, $1) }
    }

    /// The most that this host can show a domain of a type.
    package func cpuLeaves(of policy: SystemCPUPolicy) throws(HypervisorError) -> [CPULeaf] {
        try cpuLeaves("read the host's CPU policy", nil) { xc_cpu_policy_get_system($0, policy.rawValue, $1) }
    }

    private func cpuLeaves(
        _ operation: String, _ domain: DomainID?, _ fill: (OpaquePointer, OpaquePointer) -> Int32
    ) throws(HypervisorError) -> [CPULeaf] {
        guard let policy = xc_cpu_policy_init() else { throw HypervisorError(operation, domain, code: 12) }
        defer { xc_cpu_policy_destroy(policy) }
        try call(operation, domain) { fill($0, policy) }
        var (leafCount, msrCount): (UInt32, UInt32) = (0, 0)
        try call(operation, domain) { xc_cpu_policy_get_size($0, &leafCount, &msrCount) }
        var leaves = [xen_cpuid_leaf_t](repeating: xen_cpuid_leaf_t(), count: Int(leafCount))
        var msrs = [xen_msr_entry_t](repeating: xen_msr_entry_t(), count: Int(msrCount))
        try call(operation, domain) { xc_cpu_policy_serialise($0, policy, &leaves, &leafCount, &msrs, &msrCount) }
        return leaves.prefix(Int(leafCount)).map { raw in
            CPULeaf(
                leaf: raw.leaf, subleaf: raw.subleaf == UInt32.max ? nil : raw.subleaf,
                registers: [raw.a, raw.b, raw.c, raw.d])
        }
    }
}
