import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes
import YajlJSON

extension Handover {
    /// What is to be done about a domain of which nobody knows where it is.
    func undecided(_ domain: DomainID, cause: String) -> ToolstackError {
        ToolstackError(
            .notReady, "cannot find out whether domain \(domain) runs on \(host.escapingControls)", domain: domain,
            cause: cause,
            remedy: """
                it stays suspended here; 'xl migrate-recover \(domain)' asks again; if it runs there, \
                'xl migrate-recover --there \(domain)' ends this copy; if it does not and will not, \
                'xl migrate-recover --here \(domain)' lets this copy go on
                """)
    }
}

extension Arrival {
    /// Seconds after which no sender asks any more: 30 days.
    private static let returnedLifetime = 30 * 86_400

    static func returnedPath(_ uuid: XenUUID, in directory: FilePath) -> FilePath {
        directory.appending("migration-returned.\(uuid)")
    }

    /// Drops what was noted for senders that never asked.
    ///
    /// - Parameter now: seconds since 1970.
    static func dropOldReturns(in directory: FilePath, now: Int = time(nil)) {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(directory.appending("migration-returned.*").string, 0, nil, &found) == 0 else { return }
        for index in 0..<Int(found.gl_pathc) {
            var status = stat()
            guard let path = found.gl_pathv[index], lstat(path, &status) == 0,
                now - status.st_mtim.tv_sec > returnedLifetime
            else { continue }
            unlink(path)
        }
    }
}

extension Toolstack {
    /// Larger ones are no journal of ours.
    private static var journalLimit: Int { 1 << 16 }

    private func decode<Entry: Decodable>(
        _ type: Entry.Type, _ bytes: [UInt8], _ path: FilePath, remedy: String? = nil
    ) throws(ToolstackError) -> Entry {
        do { return try YajlDecoder().decode(type, from: bytes) } catch {
            throw ToolstackError(.fail, "cannot read \(path)", underlying: error, remedy: remedy)
        }
    }

    private func encode(_ entry: some Encodable) throws(ToolstackError) -> [UInt8] {
        do { return try YajlEncoder().encode(entry) } catch {
            throw ToolstackError(.fail, "cannot encode a note on a migration", underlying: error)
        }
    }

    func record(_ handover: Handover, of domain: DomainID) throws(ToolstackError) {
        let bytes = try encode(handover)
        // Not on disk for sure: a loss of power takes the suspended copy, too, and then there is nothing to decide.
        try withUserData(of: domain) { data throws(ToolstackError) in try data.write(.handover, bytes) }
    }

    func forgetHandover(of domain: DomainID) throws(ToolstackError) {
        try withUserData(of: domain) { data throws(ToolstackError) in try data.remove(.handover) }
    }

    /// To whom a domain was given away, while it is not known whether it runs there; nil for other domains.
    public func handover(of domain: DomainID) throws(ToolstackError) -> Handover? {
        let data = UserData(of: domain, uuid: try info(of: domain).uuid, paths: paths)
        guard let bytes = try data.read(.handover, limit: Self.journalLimit) else { return nil }
        return try decode(
            Handover.self, bytes, data.path(of: .handover),
            remedy: "find out where the domain runs, and use 'xl migrate-recover --here' or '--there'")
    }

    /// - Throws: `notReady` for a domain that may run elsewhere.
    func requireNotHandedOver(_ domain: DomainID, _ failure: String) throws(ToolstackError) {
        guard let handover = try handover(of: domain) else { return }
        throw ToolstackError(
            .notReady, failure, domain: domain,
            cause: "it was given to \(handover.host.escapingControls), and may run there",
            remedy: "'xl migrate-recover \(domain)' finds out")
    }

    // MARK: at the target

    private func returnedPath(_ uuid: XenUUID) -> FilePath { Arrival.returnedPath(uuid, in: paths.lib) }

    private func arrival(_ data: UserData) throws(ToolstackError) -> Arrival? {
        guard let bytes = try data.read(.arrival, limit: Self.journalLimit) else { return nil }
        return try decode(Arrival.self, bytes, data.path(of: .arrival))
    }

    /// Notes that a domain has arrived and waits.
    func recordArrival(of domain: DomainID) throws(ToolstackError) {
        let bytes = try encode(Arrival(stage: .waiting))
        let uuid = try info(of: domain).uuid
        try Files.remove(returnedPath(uuid))
        try withUserData(of: domain) { data throws(ToolstackError) in try data.write(.arrival, bytes) }
    }

    /// Notes that a domain that waits may run.
    ///
    /// - Returns: false when its sender has taken it back meanwhile.
    func startArrival(of domain: DomainID) throws(ToolstackError) -> Bool {
        let bytes = try encode(Arrival(stage: .started))
        return try withUserData(of: domain) { data throws(ToolstackError) in
            guard try arrival(data)?.stage == .waiting else { return false }
            try data.write(.arrival, bytes)
            return true
        }
    }

    /// Notes, for the sender's question, that a domain that waited will never run. Problems are logged.
    func recordReturn(of uuid: XenUUID) {
        Arrival.dropOldReturns(in: paths.lib)
        logFailure("note that the domain \(uuid) has not run") {
            let path = returnedPath(uuid)
            try Files.replace(
                path, with: encode(Arrival(stage: .returned)), temporary: path.appending(suffix: ".new"),
                permissions: .ownerReadWrite)
            try Files.synchronise(path)
        }
    }

    /// Destroys a copy that has not run, unless it is gone by now.
    func destroyArrival(_ domain: DomainID) async throws(ToolstackError) {
        do throws(ToolstackError) { try await destroy(domain) } catch {
            guard error.code == .domainNotFound || (try? info(of: domain)) == nil else { throw error }
        }
    }

    /// Destroys a copy that was on its way, whose receiver is no more. One that was allowed to run stays.
    ///
    /// - Parameter name: what it is called until it may run.
    public func abandonArrival(of uuid: XenUUID, name: String) async {
        let domains = (try? hypervisor.domains()) ?? []
        for domain in domains where domain.uuid == uuid && !domain.flags.contains(.dying) {
            // The sender's own copy, on the same host, has another name; one that was only just made has none yet.
            let found = (try? store.read(DomainPaths(domain.domain).guest / "name")) ?? nil
            guard found == nil || found == name else { continue }
            let data = UserData(of: domain.domain, uuid: uuid, paths: paths)
            let stage = ((try? arrival(data)) ?? nil)?.stage
            guard stage != .started else { continue }
            do throws(ToolstackError) {
                try await destroyArrival(domain.domain)
                // Before, its sender has not let it run, and does not ask.
                if stage == .waiting { recordReturn(of: uuid) }
            } catch {
                logger.error("domain \(domain.domain) is still there: \(error)")
            }
        }
    }

    /// What has become of a domain that arrived here. One that waits is taken from its receiver, and destroyed.
    ///
    /// Asking for one that was taken back forgets it: the sender knows now.
    public func settleArrival(of uuid: XenUUID) async throws(ToolstackError) -> ArrivalState {
        let domains: [DomainID]
        do { domains = try hypervisor.domains().filter { $0.uuid == uuid }.map(\.domain) } catch {
            throw ToolstackError(.fail, "cannot list the domains", underlying: error)
        }
        for domain in domains {
            let bytes = try encode(Arrival(stage: .returned))
            let state: ArrivalState? = try withUserData(of: domain) { data throws(ToolstackError) in
                switch try arrival(data)?.stage {
                case nil: return nil
                case .started: return .started
                case .returned: return .returned
                case .waiting:
                    try data.write(.arrival, bytes)
                    return .returned
                }
            }
            if state == .returned { try await destroyArrival(domain) }
            if let state { return state }
            // One that has been started anew since is it, too; a sender on this very host is not.
            if try handover(of: domain) == nil { return .started }
        }
        let path = returnedPath(uuid)
        guard try Files.read(path, limit: Self.journalLimit) != nil else { return .unknown }
        try Files.remove(path)
        return .returned
    }
}

extension FilePath {
    fileprivate func appending(suffix: String) -> FilePath { FilePath(string + suffix) }
}
