import DomainModel
import Glibc
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Resets an HVM guest that has shut down, as one does that boots another kernel by kexec: its memory and its
    /// vCPUs stay, and everything that connects it to the host is made anew. It is paused then.
    ///
    /// When that fails, the domain is destroyed: it has lost what connected it.
    ///
    /// - Parameter configuration: the domain's, as it is stored.
    /// - Throws: `invalid`, with nothing done, for a guest that cannot be reset in place.
    public func softReset(_ domain: DomainID, _ configuration: DomainConfiguration) async throws(ToolstackError) {
        let failure = "cannot reset domain \(domain) in place"
        guard configuration.createInfo.type == .hvm else {
            throw ToolstackError(.invalid, failure, domain: domain, cause: "that is possible for HVM guests only")
        }
        guard deviceModelDomain(of: domain) == nil else {
            throw ToolstackError(
                .invalid, failure, domain: domain, cause: "its device model runs in a domain of its own")
        }
        guard try info(of: domain).flags.contains(.shutdown) else {
            throw ToolstackError(.invalid, failure, domain: domain, cause: "it has not shut down")
        }
        var creation = Creation(configuration, CreateOptions(), self)
        do {
            try await creation.resetInPlace(domain)
        } catch {
            await discard(domain)
            throw error as? ToolstackError ?? ToolstackError(.fail, failure, domain: domain, underlying: error)
        }
    }
}

extension Creation {
    mutating func resetInPlace(_ domain: DomainID) async throws {
        build.domain = domain
        try complete()
        build.deviceModelFeatures = try await toolstack.deviceModelFeatures(for: build.configuration)
        build.origin = .softReset
        build.store.frame = try ringFrame("store")
        build.console.frame = try ringFrame("console")
        let emulation = try toolstack.deviceModelStoreData(of: domain)
        try await toolstack.saveDeviceModel(of: domain, movesAway: true)
        try await disconnect(domain)
        try enterStore()
        try toolstack.restoreDeviceModelStoreData(emulation, of: domain)
        build.deviceModelState = toolstack.deviceModelRestoreFile(of: domain)
        // As for a new domain, but that its memory is there.
        try await prepareGuest()
        try hypervisor.setHVMParameter(.storeEventChannel, to: UInt64(build.store.port), of: domain)
        try hypervisor.setHVMParameter(.consoleEventChannel, to: UInt64(build.console.port), of: domain)
        try await introduce()
        try await perform(Self.connecting + Self.finishing)
    }

    private func ringFrame(_ name: String) throws -> UInt64 {
        try toolstack.store.read(build.paths.guest / name / "ring-ref").flatMap { UInt64($0) } ?? 0
    }

    /// Takes everything off the domain that would be gone with it, and has the hypervisor reset it.
    private func disconnect(_ domain: DomainID) async throws {
        try toolstack.store.release(domain)
        try hypervisor.pauseDomain(domain)
        await toolstack.stopDeviceModel(of: domain)
        await PCIPassthrough(toolstack).destroyAll(of: domain)
        await USBPassthrough(toolstack).destroyAll(of: domain)
        await DeviceEngine(toolstack).destroyAll(of: domain)
        await toolstack.awaitBackendRelease(of: domain)
        toolstack.removeNodes(of: domain)
        // The hypervisor closes all event channels and lets the vCPUs go on, which the pause prevents.
        try await onOwnThread { [hypervisor] () throws(HypervisorError) in
            try hypervisor.softResetDomain(domain)
        }
        let (saved, next) = (toolstack.deviceModelSaveFile(of: domain), toolstack.deviceModelRestoreFile(of: domain))
        guard rename(saved.string, next.string) == 0 else {
            throw ToolstackError(
                .fail, "cannot reset domain \(domain) in place", domain: domain,
                cause: "its device model's state: \(String(cString: strerror(errno)))")
        }
    }
}
