import DomainModel
import XenTypes

/// Several domains that are to be created at once.
public enum DomainBatch {
    /// What two domains would have to share that each must have for itself, in words; empty when nothing is.
    public static func conflicts(in configurations: [DomainConfiguration]) -> [String] {
        let claims: [(what: String, of: (DomainConfiguration) -> [String])] = [
            ("name", { [$0.createInfo.name ?? ""] }),
            ("uuid", { $0.createInfo.uuid.map { ["\($0)"] } ?? [] }),
            ("MAC address", { $0.nics.compactMap { $0.mac.map { "\($0)" } } }),
            ("vifname", { $0.nics.compactMap(\.interfaceName) }),
            ("domid", { Creation.isGuestNumber($0.createInfo.domainID) ? ["\($0.createInfo.domainID)"] : [] }),
        ]
        return claims.compactMap { what, claimed in
            var seen: Set<String> = []
            let all = configurations.flatMap { Array(Set(claimed($0))) }
            guard let twice = all.first(where: { !seen.insert($0).inserted }) else { return nil }
            return "\(what) \(twice) would be used by more than one domain"
        }
    }
}

extension Toolstack {
    /// Has memory ready for several domains before the first of them is made: for all or for none. Each is then created
    /// without ballooning.
    ///
    /// - Parameter options: whether dom0 gives up what is missing.
    /// - Returns: where dom0 gives up memory, the lock that keeps creations by other processes from taking it: to be
    ///   released when the domains are made.
    /// - Throws: `noMemory` when there is not enough.
    public func prepareMemory(
        for configurations: [DomainConfiguration], options: CreateOptions
    ) async throws(ToolstackError) -> RecordLock? {
        var need: UInt64 = 0
        for configuration in configurations { need += try migrationNeedKiB(of: configuration) }
        if options.balloonsControlDomain {
            let lock = try await RecordLock.acquire(options.lockFile ?? paths.lock, logger: logger)
            do {
                try await freeMemory(kib: need)
            } catch {
                lock.release()
                throw error
            }
            return lock
        }
        let free = try freeMemoryKiB()
        guard free >= need else {
            throw ToolstackError(
                .noMemory, "cannot create \(configurations.count) domains",
                cause: "they need \(need) KiB together, and \(free) KiB are free",
                remedy: "end other domains, make their memory smaller, or create fewer")
        }
        return nil
    }
}
