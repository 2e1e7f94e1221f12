import XenControl
import XenTypes

/// What a hypervisor may be built or started without.
public enum HypervisorFeature: Sendable, CaseIterable {
    /// Flask, the security module.
    case flask
    /// The scheduler credit.
    case credit
    /// The scheduler credit2.
    case credit2
    /// The scheduler rtds.
    case rtds
    /// Memory that guests share.
    case memorySharing
    /// Parameters that can be set while it runs.
    case parameters
    /// Readings of what domains use of caches.
    case cacheMonitoring
    /// Parts of caches for domains.
    case cacheAllocation
    /// Limits of domains' memory traffic.
    case bandwidthAllocation

    /// The option of its build, without "CONFIG_".
    private var option: String {
        switch self {
        case .flask: "XSM_FLASK"
        case .credit: "SCHED_CREDIT"
        case .credit2: "SCHED_CREDIT2"
        case .rtds: "SCHED_RTDS"
        case .memorySharing: "MEM_SHARING"
        case .parameters: "HYPFS"
        case .cacheMonitoring, .cacheAllocation, .bandwidthAllocation: "X86_PSR"
        }
    }

    /// Whether a release has the option, and so may be without the feature.
    private func isOption(in release: XenRelease) -> Bool {
        switch self {
        case .cacheMonitoring, .cacheAllocation, .bandwidthAllocation: release.canLackPSR
        case .flask, .credit, .credit2, .rtds, .memorySharing, .parameters: true
        }
    }

    /// What else it needs.
    private var need: String? {
        switch self {
        case .flask: "it needs flask=enforcing or flask=permissive on the hypervisor's command line"
        case .cacheMonitoring: "it needs a processor that has it, and psr=cmt on the hypervisor's command line"
        case .cacheAllocation: "it needs a processor that has it, and psr=cat on the hypervisor's command line"
        case .bandwidthAllocation: "it needs a processor that has it, and psr=mba on the hypervisor's command line"
        case .credit, .credit2, .rtds, .memorySharing, .parameters: nil
        }
    }

    /// Whether the hypervisor is built with it; nil where that is not known.
    ///
    /// - Parameter configuration: the lines of the hypervisor's build configuration.
    func isBuilt(in configuration: String?, release: XenRelease) -> Bool? {
        guard isOption(in: release) else { return true }
        return configuration.map { $0.split(separator: "\n").contains("CONFIG_\(option)=y") }
    }

    /// Why it is not there, as far as that is known.
    func absence(in configuration: String?, release: XenRelease) -> String? {
        switch isBuilt(in: configuration, release: release) {
        case false: "the hypervisor is built without CONFIG_\(option)"
        case true: need
        case nil: need ?? "perhaps the hypervisor is built without CONFIG_\(option)"
        }
    }
}

extension Toolstack {
    /// Why the hypervisor has not a feature, as far as it tells; nil where nothing is known to be missing.
    public func absence(of feature: HypervisorFeature) -> String? {
        feature.absence(in: (try? hypervisor.buildConfiguration()) ?? nil, release: paths.release)
    }
}
