import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// Starts a process that watches a domain.
public typealias MonitorStart = @Sendable (DomainID) async throws -> Void

extension Toolstack {
    /// Mends one thing. Whether it is still as it was found is looked at once more, with what stands for it alone.
    ///
    /// - Returns: what was done, as a sentence.
    /// - Throws: why it was not, or not to its end.
    func perform(_ repair: Repair, startMonitor: MonitorStart) async throws -> String {
        switch repair {
        case .destroyDomain(let domain, let uuid):
            try requireSame(domain, uuid)
            try await destroy(domain)
            return "Domain \(domain) was destroyed."
        case .removeTraces(let domain):
            try reserve(domain)
            await stopDeviceModel(of: domain)
            await removeNetworkBuffers(of: domain)
            await USBPassthrough(self).destroyAll(of: domain)
            await DeviceEngine(self).destroyAll(of: domain)
            await awaitBackendRelease(of: domain)
            removeNodes(of: domain)
            return "Its devices and nodes were removed."
        case .removeBackend(let device): return try await removeBackend(device)
        case .detachFromControl(let device):
            try await DeviceEngine(self).detach(DiskClass.self, device, force: .never)
            return "It was detached from dom0."
        case .removeMachine, .removeStrayHome, .removePoolName, .destroyPool: return try removeNodes(repair)
        case .endProcess(let process): return try await endProcess(process)
        case .removeFiles, .removeBootloaderFiles, .removeSave, .removeUnfinished: return try removeFiles(repair)
        case .freeLoop(let loop): return try free(loop)
        case .removeInterface(let interface): return try remove(interface)
        case .returnUSBDevice(let name):
            try await USBPassthrough(self).returnDevice(name)
            return "It was given back."
        case .recoverMigration, .abandonArrival, .startMonitor:
            return try await settle(repair, startMonitor: startMonitor)
        }
    }

    private func settle(_ repair: Repair, startMonitor: MonitorStart) async throws -> String {
        switch repair {
        case .recoverMigration(let domain, let uuid):
            try requireSame(domain, uuid)
            return try await recoverMigration(of: domain) == .there
                ? "It runs on the other host; its copy here was ended."
                : "It does not run on the other host; it goes on here."
        case .abandonArrival(let uuid, let name):
            await abandonArrival(of: uuid, name: name)
            return "The copy that never ran was destroyed."
        case .startMonitor(let domain, let uuid):
            try requireSame(domain, uuid)
            try await startMonitor(domain)
            return "It is watched again."
        default: return ""
        }
    }

    /// - Throws: `domainNotFound` when the number is another domain's by now, or nobody's.
    private func requireSame(_ domain: DomainID, _ uuid: XenUUID) throws(ToolstackError) {
        guard try info(of: domain).uuid == uuid else { throw Self.changed }
    }

    static var changed: ToolstackError { ToolstackError(.notReady, "it has changed since it was found") }

    /// Makes sure that a number is no domain's, and that no new domain gets it for a while.
    ///
    /// libxl and this toolstack draw another number than one that ended a moment ago, so that what bears this number
    /// cannot become a new domain's while it is removed.
    private func reserve(_ domain: DomainID) throws(ToolstackError) {
        guard domain.isReal, domain != .control else { throw Self.changed }
        try DomainIDHistory(paths: paths, timeouts: timeouts).record(domain)
        let info: DomainInfo?
        do { info = try hypervisor.info(of: domain) } catch {
            throw ToolstackError(.fail, "cannot look up domain \(domain)", domain: domain, underlying: error)
        }
        guard info == nil else { throw Self.changed }
    }

    private func exists(_ domain: DomainID) throws(HypervisorError) -> Bool { try hypervisor.info(of: domain) != nil }

    // MARK: Devices

    /// What a backend says that its script needs to know.
    private static let scriptKeys = ["script", "type", "gatewaydev", "params"]

    private func removeBackend(_ device: DeviceAddress) async throws -> String {
        let lives = try exists(device.domain)
        if !lives { try reserve(device.domain) }
        try store.transaction { transaction throws(StoreError) in
            guard try !transaction.exists(device.record), try transaction.exists(device.backend) else { return }
            // As on record again, it goes as every device: with its script, which nobody could name otherwise.
            let values = try transaction.read(Self.scriptKeys.map { device.backend / $0 })
            var changes = [StoreChange.write(device.record / "backend", device.backend.description)]
            for case (let key, let value?) in zip(Self.scriptKeys, values) {
                changes.append(.write(device.record / key, value))
            }
            try transaction.perform(changes)
        }
        try await DeviceEngine(self).remove(device, force: .always)
        if !lives { await awaitBackendRelease(of: device.domain) }
        return "The backend was taken off dom0, and its nodes were removed."
    }

    private func free(_ loop: SeenLoop.Identity) throws -> String {
        let device = "/dev/loop\(loop.number)"
        guard LoopReader().read().contains(where: { $0.identity == loop && !$0.isHeld }) else { throw Self.changed }
        try LinuxStorage().detachLoop(FilePath(device))
        return "\(device) was freed."
    }

    private func remove(_ interface: SeenInterface) throws -> String {
        guard if_nametoindex(interface.name) == interface.index else { throw Self.changed }
        try RouteSocket().remove(interface.index)
        return "The interface was removed."
    }

    // MARK: Nodes

    private func removeNodes(_ repair: Repair) throws -> String {
        switch repair {
        case .removeMachine(let uuid):
            let path = DomainPaths.vm(uuid)
            guard try !hypervisor.domains().contains(where: { $0.uuid == uuid }) else { throw Self.changed }
            // Who makes a domain of this UUID meanwhile writes its home, too, and this starts again.
            try store.transaction { transaction throws(StoreError) in
                guard try transaction.domains(using: path).isEmpty else { return }
                try transaction.remove(path)
            }
        case .removeStrayHome(let name):
            let path = StorePath("/local/domain/\(name)")
            guard UInt32(name) == nil, path.components.count == 3, path.problem == nil else { throw Self.changed }
            try store.remove(path)
        case .removePoolName(let id):
            guard try hypervisor.cpuPool(id) == nil else { throw Self.changed }
            try store.remove(CPUPool.root / id)
        case .destroyPool(let id):
            guard let pool = try hypervisor.cpuPool(id), pool.domains == 0, pool.cpus.isEmpty,
                try poolName(id) == nil
            else { throw Self.changed }
            try hypervisor.destroyCPUPool(id)
            try store.remove(CPUPool.root / id)
            return "The pool was destroyed."
        default: return ""
        }
        return "The nodes were removed."
    }

    // MARK: Processes and files

    private func endProcess(_ identity: SeenProcess.Identity) async throws -> String {
        let handle = try SystemCalls.openProcess(identity.id)
        defer { try? handle.close() }
        // Looked at only now that the descriptor holds the process.
        let stat = try Files.read(FilePath("/proc/\(identity.id)/stat"), limit: 4096) ?? []
        guard SeenProcess.parse(stat: String(escapingBytes: stat))?.identity == identity else { throw Self.changed }
        await end(handle)
        return "Process \(identity.id) was ended."
    }

    private func removeFiles(_ repair: Repair) throws -> String {
        switch repair {
        case .removeFiles(let files, let domain, let uuid):
            if let uuid {
                let found = try hypervisor.info(of: domain)
                guard found?.uuid != uuid else { throw Self.changed }
            } else {
                try reserve(domain)
            }
            for file in files { try remove(file) }
        case .removeBootloaderFiles(let files, let domain):
            guard let uuid = try hypervisor.info(of: domain)?.uuid,
                try UserData(of: domain, uuid: uuid, paths: paths).read(.configuration) != nil
            else { throw Self.changed }
            for file in files { try remove(file) }
        case .removeUnfinished(let path, let domain, let uuid):
            // Who writes a domain's files holds this lock.
            let files = UserData(of: domain, uuid: uuid, paths: paths).path(of: .files)
            guard let lock = try FileLock.acquireIfFree(files) else { throw Self.changed }
            defer { lock.release() }
            guard path != files, path.lastComponent?.string.hasPrefix("userdata-l.") == true else {
                try Files.remove(path)
                break
            }
            guard let found = try FileLock.acquireIfFree(path) else { throw Self.changed }
            found.release()
        case .removeSave(let path, let modified):
            var status = stat()
            guard lstat(path.string, &status) == 0, status.st_mtim.tv_sec == modified else { throw Self.changed }
            try Files.removeRegular(path)
        default: break
        }
        return "It was removed."
    }

    /// Removes a file, or a directory with what is in it, without following links.
    private func remove(_ path: FilePath) throws(ToolstackError) {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else { return try Files.remove(path) }
        FileTree.remove(path)
        guard lstat(path.string, &status) == 0 else { return }
        throw ToolstackError(.fail, "cannot remove \(path)", cause: "something in it cannot be removed")
    }
}
