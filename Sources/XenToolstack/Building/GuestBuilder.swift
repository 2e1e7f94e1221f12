import DomainModel
import Logging
import XenControl
import XenStore
import XenTypes

/// Makes an empty domain ready to run: everything between its creation and its introduction to the store.
///
/// The order is `preBuild`, `buildImage`, `postBuild`, then the nodes of `PostBuildNodes` in one transaction
/// and the introduction, which the creation does. Each step reads and completes the `DomainBuild`.
package struct GuestBuilder: Sendable {
    let hypervisor: Hypervisor
    let store: StoreConnection
    let paths: HostPaths
    let logger: Logger

    package init(_ toolstack: Toolstack) {
        hypervisor = toolstack.hypervisor
        store = toolstack.store
        paths = toolstack.paths
        logger = toolstack.logger
    }

    /// What comes before memory is allocated: vCPUs, placement, limits, event channels, CPU policy.
    ///
    /// - Throws: `ToolstackError` naming the setting the hypervisor refused.
    package func preBuild(_ build: inout DomainBuild) async throws(ToolstackError) {
        let start = build
        build = try await onOwnThread { () throws(ToolstackError) in
            var build = start
            try self.prepareProcessors(&build)
            try self.prepareRings(&build)
            try self.prepareMachine(build)
            return build
        }
    }

    /// What comes after the image was built and needs no store: vNUMA's affinity and the scheduler's settings.
    package func postBuild(_ build: DomainBuild) async throws(ToolstackError) {
        try await onOwnThread { () throws(ToolstackError) in
            try self.updateGenerationID(build)
            if build.info.vcpuSoftAffinity.isEmpty { try self.followVirtualNodes(build) }
            let settings = SchedulingSettings(build.info.schedulerParameters)
            let applied = try settings.apply(to: build.domain, hypervisor: self.hypervisor)
            for key in applied.lost {
                let scheduler = applied.scheduler.map { "\($0)" } ?? "none that has settings"
                self.logger.warning("\(key) has no effect: the guest's scheduler is \(scheduler)")
            }
        }
    }

    private func prepareProcessors(_ build: inout DomainBuild) throws(ToolstackError) {
        let domain = build.domain
        let vcpus = UInt32(clamping: build.info.maxVCPUs)
        try attempt("create \(vcpus) vCPUs", domain) { () throws(HypervisorError) in
            try hypervisor.setMaximumVCPUs(vcpus, of: domain)
        }
        try placeOnNodes(&build)
        try applyAffinities(build)
        let limit = saturatingSum(build.info.targetMemKB ?? 0, MemorySizing.maximumSlackKB)
        try attempt("set the memory limit to \(limit) KiB", domain) { () throws(HypervisorError) in
            try hypervisor.setMaximumMemory(limit, of: domain)
        }
    }

    /// Makes the guest's ends of the event channels of the store and the console.
    private func prepareRings(_ build: inout DomainBuild) throws(ToolstackError) {
        let domain = build.domain
        build.store.server = try server("/tool/xenstored/domid")
        build.console.server = try server("/tool/xenconsoled/domid")
        let servers = (build.store.server, build.console.server)
        let ports = try attempt("create the event channels", domain) { () throws(HypervisorError) in
            (
                try hypervisor.allocateUnboundPort(in: domain, for: servers.0),
                try hypervisor.allocateUnboundPort(in: domain, for: servers.1)
            )
        }
        build.store.port = ports.0
        build.console.port = ports.1
    }

    /// The domain that runs a service; the control domain unless it says otherwise.
    private func server(_ path: StorePath) throws(ToolstackError) -> DomainID {
        do {
            guard let number = try store.read(path).flatMap({ UInt32($0) }) else { return .control }
            return DomainID(number)
        } catch {
            throw ToolstackError(.fail, "find the domain that serves the guest", underlying: error)
        }
    }

    /// Performs a request to the hypervisor, naming what it was for when it fails.
    @discardableResult
    func attempt<Value>(
        _ action: String, _ domain: DomainID, _ body: () throws(HypervisorError) -> Value
    ) throws(ToolstackError) -> Value {
        do {
            return try body()
        } catch {
            throw ToolstackError(.fail, "cannot \(action)", domain: domain, underlying: error)
        }
    }
}

extension DomainBuild {
    var info: BuildInfo { configuration.buildInfo }
    var type: DomainType { configuration.createInfo.type }

    /// Closes what the guest booted from, once its memory holds it.
    mutating func closeFiles() {
        for descriptor in [kernel?.descriptor, ramdisk?.descriptor] { try? descriptor?.close() }
        kernel?.descriptor = nil
        ramdisk?.descriptor = nil
    }
}
