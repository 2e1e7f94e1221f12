import CXen
import XenTypes

/// A vCPU at one moment.
public struct VCPUInfo: Hashable, Sendable {
    /// The virtual CPU's number.
    public var vcpu: UInt32
    /// Whether the guest has brought it up.
    public var isOnline: Bool
    /// Whether it waits for something.
    public var isBlocked: Bool
    /// Whether it runs now.
    public var isRunning: Bool
    /// In nanoseconds.
    public var cpuTime: UInt64
    /// The CPU on which it runs or last ran.
    public var cpu: UInt32
}

/// Which CPUs a vCPU may use (hard) and prefers (soft).
public struct VCPUAffinity: Hashable, Sendable {
    /// Processors that it may run on.
    public var hard: Bitmap
    /// Processors that it should run on.
    public var soft: Bitmap
}

extension Hypervisor {
    /// Creates a domain's vCPUs, all offline but the first.
    package func setMaximumVCPUs(_ count: UInt32, of domain: DomainID) throws(HypervisorError) {
        try call("create the vCPUs of", domain) { xc_domain_max_vcpus($0, domain.rawValue, count) }
    }

    package func vcpuInfo(_ vcpu: UInt32, of domain: DomainID) throws(HypervisorError) -> VCPUInfo {
        var info = xc_vcpuinfo_t()
        try call("read the state of vCPU \(vcpu) of", domain) { xc_vcpu_getinfo($0, domain.rawValue, vcpu, &info) }
        return VCPUInfo(
            vcpu: vcpu, isOnline: info.online != 0, isBlocked: info.blocked != 0, isRunning: info.running != 0,
            cpuTime: info.cpu_time, cpu: info.cpu)
    }

    package func affinity(ofVCPU vcpu: UInt32, of domain: DomainID) throws(HypervisorError) -> VCPUAffinity {
        let size = try cpuMapSize()
        var hard = [UInt8](repeating: 0, count: size)
        var soft = hard
        try call("read the CPU affinity of vCPU \(vcpu) of", domain) {
            xc_vcpu_getaffinity(
                $0, domain.rawValue, Int32(clamping: vcpu), &hard, &soft,
                UInt32(XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
        }
        return VCPUAffinity(hard: Bitmap(bytes: hard), soft: Bitmap(bytes: soft))
    }

    /// Sets a vCPU's affinity; nil leaves that kind as it is.
    ///
    /// - Parameter overriding: also takes back what the guest's kernel has set for a while in its place.
    /// - Returns: what the scheduler makes of it: the CPUs that are also online in the domain's pool.
    @discardableResult
    package func setAffinity(
        hard: Bitmap?, soft: Bitmap?, ofVCPU vcpu: UInt32, of domain: DomainID, overriding: Bool = false
    ) throws(HypervisorError) -> VCPUAffinity {
        let size = try cpuMapSize()
        var hardMap = hard?.bytes(count: size) ?? []
        var softMap = soft?.bytes(count: size) ?? []
        let flags =
            (hard == nil ? 0 : XEN_VCPUAFFINITY_HARD) | (soft == nil ? 0 : XEN_VCPUAFFINITY_SOFT)
            | (overriding ? XEN_VCPUAFFINITY_FORCE : 0)
        try call("set the CPU affinity of vCPU \(vcpu) of", domain) { raw in
            hardMap.withUnsafeMutableBufferPointer { hardMap in
                softMap.withUnsafeMutableBufferPointer { softMap in
                    xc_vcpu_setaffinity(
                        raw, domain.rawValue, Int32(clamping: vcpu), hard == nil ? nil : hardMap.baseAddress,
                        soft == nil ? nil : softMap.baseAddress, UInt32(flags))
                }
            }
        }
        return VCPUAffinity(hard: Bitmap(bytes: hardMap), soft: Bitmap(bytes: softMap))
    }

    /// The NUMA nodes from which the domain's memory comes first.
    package func nodeAffinity(of domain: DomainID) throws(HypervisorError) -> Bitmap {
        var map = [UInt8](repeating: 0, count: try nodeMapSize())
        try call("read the node affinity of", domain) { xc_domain_node_getaffinity($0, domain.rawValue, &map) }
        return Bitmap(bytes: map)
    }

    package func setNodeAffinity(_ nodes: Bitmap, of domain: DomainID) throws(HypervisorError) {
        var map = nodes.bytes(count: try nodeMapSize())
        try call("set the node affinity of", domain) { xc_domain_node_setaffinity($0, domain.rawValue, &map) }
    }

    /// CPU numbers of this host are below this.
    package func maximumCPUs() throws(HypervisorError) -> Int {
        Int(try call("count the host's CPUs") { xc_get_max_cpus($0) })
    }

    /// Node numbers of this host are below this.
    package func maximumNodes() throws(HypervisorError) -> Int {
        Int(try call("count the host's NUMA nodes") { xc_get_max_nodes($0) })
    }

    package func onlineCPUs() throws(HypervisorError) -> Int {
        Int(try call("count the host's CPUs") { xc_get_online_cpus($0) })
    }

    /// Bytes of a map with a bit for each possible CPU.
    func cpuMapSize() throws(HypervisorError) -> Int {
        Int(try call("count the host's CPUs") { xc_get_cpumap_size($0) })
    }

    func nodeMapSize() throws(HypervisorError) -> Int {
        Int(try call("count the host's NUMA nodes") { xc_get_nodemap_size($0) })
    }
}
