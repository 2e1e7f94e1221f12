import DomainModel
import Events
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// Ends a domain at once and removes all that the host keeps for it, whoever made it.
    ///
    /// A part that cannot be removed is logged and does not keep the rest. Runs to its end also when the task is
    /// cancelled: once the domain is gone, nobody removes what was left of it.
    ///
    /// - Throws: `domainNotFound` when there is none; `fail` when the hypervisor does not let it go.
    public func destroy(_ domain: DomainID) async throws(ToolstackError) {
        try await toTheEnd { [self] () async throws(ToolstackError) in try await destroyWithDeviceModel(domain) }
    }

    private func destroyWithDeviceModel(_ domain: DomainID) async throws(ToolstackError) {
        do throws(ToolstackError) { _ = try info(of: domain) } catch {
            guard error.code != .domainNotFound else { throw error }
            // Who has saved a domain, or failed to build one, does not come back to end it; the failure may have been a
            // moment's.
            _ = try info(of: domain)
        }
        var stubdomain: DomainID?
        await againAfterLapse { stubdomain = deviceModelDomain(of: domain) }
        let outcome = await withTaskGroup(of: Result<Void, ToolstackError>.self) { group in
            for victim in [domain, stubdomain].compactMap(\.self) {
                group.addTask { await self.destroyOne(victim) }
            }
            var first: Result<Void, ToolstackError> = .success(())
            for await result in group {
                if case .success = first { first = result }
            }
            return first
        }
        try outcome.get()
    }

    /// Destroys a domain that cannot be completed. What fails is logged.
    public func discard(_ domain: DomainID) async {
        do throws(ToolstackError) { try await destroy(domain) } catch { logger.error("\(error)") }
    }

    /// The domain that runs this domain's device model, if it has one of its own.
    func deviceModelDomain(of domain: DomainID) -> DomainID? {
        let text = try? store.read(DomainPaths(domain).guest / "image/device-model-domid")
        guard let number = text.flatMap({ UInt32($0) }), number != 0 else { return nil }
        return (try? hypervisor.info(of: DomainID(number))) == nil ? nil : DomainID(number)
    }

    private func destroyOne(_ domain: DomainID) async -> Result<Void, ToolstackError> {
        logFailure("pause domain \(domain)") { try hypervisor.pauseDomain(domain) }
        await againAfterLapse { await stopDeviceModel(of: domain) }
        // Until it is gone, so that nobody attaches what nobody would take away.
        let lock = await lockDevices(of: domain)
        defer { lock?.release() }
        await againAfterLapse {
            await removeNetworkBuffers(of: domain)
            await PCIPassthrough(self).destroyAll(of: domain)
            await USBPassthrough(self).destroyAll(of: domain)
            await DeviceEngine(self).destroyAll(of: domain)
            await awaitBackendRelease(of: domain)
            await removeBootloaderRemains(of: domain)
            removeFiles(of: domain)
        }
        noteEnd(of: domain)
        // The name goes last: should this be killed before, the domain can be named when it is destroyed again.
        await againAfterLapse { removeNodes(of: domain) }
        return await free(domain)
    }

    /// Has others finish what they change of a domain's devices, and keeps them from more.
    ///
    /// - Returns: nil when they take too long, which does not keep the domain from ending.
    private func lockDevices(of domain: DomainID) async -> FileLock? {
        do throws(ToolstackError) {
            let data = UserData(of: domain, uuid: try info(of: domain).uuid, paths: paths)
            return try await FileLock.acquire(
                data.path(of: .devices), within: timeouts.deviceChange, logger: logger)
        } catch {
            if error.code != .domainNotFound { logger.warning("domain \(domain) is destroyed all the same: \(error)") }
            return nil
        }
    }

    func removeNodes(of domain: DomainID) {
        let paths = DomainPaths(domain)
        insist("remove the nodes of domain \(domain)") {
            // The node is written by toolstacks only; a guest can but read it.
            if let vm = try store.read(paths.guest / "vm"), vm.hasPrefix("/vm/"), vm.utf8.count > 4,
                try !isShared(StorePath(vm), by: domain)
            {
                try store.remove(StorePath(vm))
            }
            try store.remove(paths.libxl)
            try store.remove(paths.guest)
        }
    }

    /// Whether another domain uses a `/vm` tree, as the two copies do while a domain moves to where it is.
    private func isShared(_ vm: StorePath, by domain: DomainID) throws -> Bool {
        try store.domains(using: vm).contains { try $0 != domain && hypervisor.info(of: $0) != nil }
    }

    func removeFiles(of domain: DomainID) {
        insist("remove the files of domain \(domain)") {
            guard let uuid = try hypervisor.info(of: domain)?.uuid else { return }
            let data = UserData(of: domain, uuid: uuid, paths: paths)
            let lock = try FileLock.acquireBlocking(data.path(of: .files))
            defer { lock.release() }
            try data.removeAll()
            try Files.remove(paths.lib.appending("qemu-save.\(domain)"))
            try Files.remove(paths.lib.appending("qemu-resume.\(domain)"))
        }
    }

    /// Notes the number as used and lets the hypervisor free the domain, which takes long for a large one.
    func endDomain(_ domain: DomainID) async -> Result<Void, ToolstackError> {
        noteEnd(of: domain)
        return await free(domain)
    }

    private func noteEnd(of domain: DomainID) {
        logFailure("note the end of domain \(domain)") {
            try DomainIDHistory(paths: paths, timeouts: timeouts).record(domain)
        }
    }

    private func free(_ domain: DomainID) async -> Result<Void, ToolstackError> {
        do {
            try await onOwnThread { [hypervisor] () throws(HypervisorError) in
                do throws(HypervisorError) { try hypervisor.destroyDomain(domain) } catch {
                    guard !error.isNoSuchDomain else { throw error }
                    // What is left of it now is of no use to anybody: a moment's lack of memory must not keep it.
                    try hypervisor.destroyDomain(domain)
                }
            }
            return .success(())
        } catch {
            // Somebody else has destroyed it meanwhile: it is gone, as was asked for.
            if error.isNoSuchDomain { return .success(()) }
            return .failure(ToolstackError(.fail, "cannot destroy domain \(domain)", domain: domain, underlying: error))
        }
    }
}
