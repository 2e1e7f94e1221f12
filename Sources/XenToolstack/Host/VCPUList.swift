import XenControl
import XenStore
import XenTypes

/// The vCPUs of one domain.
public struct ListedVCPUs: Hashable, Sendable {
    /// A virtual CPU.
    public struct Entry: Hashable, Sendable {
        /// What it is doing.
        public var info: VCPUInfo
        /// Where it may run.
        public var affinity: VCPUAffinity

        public init(info: VCPUInfo, affinity: VCPUAffinity) {
            self.info = info
            self.affinity = affinity
        }
    }

    /// The domain.
    public var domain: DomainID
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal.
    public var name: String?
    /// Its virtual CPUs, by number.
    public var vcpus: [Entry]

    public init(domain: DomainID, name: String?, vcpus: [Entry]) {
        self.domain = domain
        self.name = name
        self.vcpus = vcpus
    }
}

extension Toolstack {
    /// The vCPUs of these domains, or of all when there are none.
    ///
    /// A domain that goes away meanwhile is left out.
    public func listVCPUs(of domains: [DomainID] = []) throws(ToolstackError) -> [ListedVCPUs] {
        do {
            var listed: [ListedVCPUs] = []
            if domains.isEmpty {
                for info in try hypervisor.domains() {
                    if let entry = try vcpus(of: info) { listed.append(entry) }
                }
            } else {
                for domain in domains {
                    if let entry = try vcpus(of: try info(of: domain)) { listed.append(entry) }
                }
            }
            return listed
        } catch {
            throw ToolstackError(.fail, "cannot list vCPUs", underlying: error)
        }
    }

    /// - Returns: nil for a domain without vCPUs, or that has gone.
    private func vcpus(of info: DomainInfo) throws -> ListedVCPUs? {
        guard let last = info.maximumVCPUID else { return nil }
        var entries: [ListedVCPUs.Entry] = []
        do {
            for vcpu in 0...last {
                entries.append(
                    ListedVCPUs.Entry(
                        info: try hypervisor.vcpuInfo(vcpu, of: info.domain),
                        affinity: try hypervisor.affinity(ofVCPU: vcpu, of: info.domain)))
            }
        } catch {
            guard error.isNoSuchDomain else { throw error }
            return nil
        }
        return ListedVCPUs(domain: info.domain, name: try name(of: info.domain), vcpus: entries)
    }
}
