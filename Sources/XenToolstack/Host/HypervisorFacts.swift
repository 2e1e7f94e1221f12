import DomainConfig
import XenControl
import XenTypes

/// What the hypervisor says of itself and of its host.
extension Toolstack {
    /// CPU numbers of the host are below this.
    public func cpuNumberLimit() throws(HypervisorError) -> Int { try hypervisor.maximumCPUs() }

    /// Numbers of the host's NUMA nodes are below this.
    public func nodeNumberLimit() throws(HypervisorError) -> Int { Int(try hypervisor.physicalInfo().nodes) }

    /// The version of the hypervisor that runs, as "4.17.5".
    public func hypervisorVersion() throws(HypervisorError) -> String {
        let version = try hypervisor.version()
        return "\(version.major).\(version.minor)\(version.extra)"
    }

    /// What the hypervisor has logged, as far as its ring still has it.
    ///
    /// - Parameter clears: whether the ring is empty afterwards.
    public func hypervisorLog(clears: Bool = false) throws(HypervisorError) -> [UInt8] {
        try hypervisor.consoleRing(clear: clears)
    }

    /// Presses keys on the hypervisor's console; it answers in its log.
    public func sendDebugKeys(_ keys: String) throws(ToolstackError) {
        do { try hypervisor.sendDebugKeys(keys) } catch {
            throw ToolstackError(.fail, "cannot send debug keys", underlying: error)
        }
    }

    /// Whether dom0 gives up memory for new domains: `autoballoon` of `xl.conf`, which may leave it to whether the
    /// hypervisor was started with a fixed size for dom0.
    public func balloonsControlDomain(under global: GlobalConfig) -> Bool {
        global.isAutoballoonOn(hypervisorCommandLine: (try? hypervisor.version())?.commandLine)
    }
}
