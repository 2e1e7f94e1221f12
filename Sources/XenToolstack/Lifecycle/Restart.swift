import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// What is to be done about a domain that has shut down.
public enum ShutdownPolicy {
    /// The configured action for a guest's reason; nil for one that calls for none.
    ///
    /// A reason that no Xen guest gives ends the domain, as upstream's xl decides.
    public static func action(
        for reason: ShutdownReason, in configuration: DomainConfiguration
    ) -> ActionOnShutdown? {
        switch reason {
        case .poweroff: configuration.onPoweroff
        case .reboot: configuration.onReboot
        case .suspend: nil
        case .crash: configuration.onCrash
        case .watchdog: configuration.onWatchdog
        case .softReset: configuration.onSoftReset
        default: .destroy
        }
    }
}

extension Toolstack {
    /// Writes a crashed domain's memory to `/var/lib/xen/dump/NAME`, replacing an older dump.
    public func dumpCore(of domain: DomainID, name: String) async throws(ToolstackError) -> FilePath {
        let directory = paths.lib.appending("dump")
        let path = coreDumpPath(name: name)
        try Files.makeDirectory(directory, mode: 0o755)
        try await dumpCore(of: domain, to: path)
        return path
    }

    /// Writes a domain's memory and vCPU state to a file in Xen's ELF core format.
    public func dumpCore(of domain: DomainID, to path: FilePath) async throws(ToolstackError) {
        _ = try info(of: domain)
        do {
            try await onOwnThread { [hypervisor] () throws(HypervisorError) in
                try hypervisor.dumpCore(of: domain, to: path.string)
            }
        } catch {
            // What there is of it is of no use to a debugger.
            logFailure("remove \(path)") { try Files.removeRegular(path) }
            throw ToolstackError(.fail, "cannot dump the core of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Where `dumpCore` writes. A slash in the name does not leave the directory.
    public func coreDumpPath(name: String) -> FilePath {
        let safe = String(name.map { $0 == "/" ? "_" : $0 })
        return paths.lib.appending("dump").appending(FilePath.Component(safe) ?? "domain")
    }

    /// Gives a domain that has ended another name and another `/vm` tree, so that a new one can take its place.
    ///
    /// - Parameter suffix: appended to its name.
    public func preserve(_ domain: DomainID, suffix: String) throws(ToolstackError) {
        let failure = "cannot preserve domain \(domain)"
        let permissions = StorePermissions.owned(by: .control, readableBy: domain)
        let uuid = XenUUID.random()
        let (guest, vm) = (DomainPaths(domain).guest, DomainPaths.vm(uuid))
        try store.transaction(mapError: { ToolstackError(.fail, failure, domain: domain, underlying: $0) }) {
            transaction throws(ToolstackError) in
            do {
                let name = (try transaction.read(guest / "name") ?? "") + suffix
                try checkName(name, for: domain, in: transaction)
                try transaction.apply([
                    StoreNode(vm, "", permissions), StoreNode(guest / "vm", vm.description),
                    StoreNode(guest / "name", name), StoreNode(vm / "name", name),
                    StoreNode(vm / "uuid", uuid.description),
                ])
            } catch {
                throw ToolstackError(.fail, failure, domain: domain, underlying: error)
            }
        }
    }

    /// The text that `xl config-update` left for the domain's next start, which is then used up.
    public func takeUpdate(of domain: DomainID) throws(ToolstackError) -> [UInt8]? {
        try withUserData(of: domain) { data throws(ToolstackError) in
            guard let text = try data.read(.update), !text.isEmpty else { return nil }
            try data.remove(.update)
            return text
        }
    }

    /// Leaves a configuration's text for the domain's next start.
    public func storeUpdate(_ text: [UInt8], for domain: DomainID) throws(ToolstackError) {
        try withUserData(of: domain) { data throws(ToolstackError) in try data.write(.update, text) }
    }
}
