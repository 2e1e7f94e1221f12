import XenStore
import XenTypes
import YajlJSON

/// The question to the target of a migration, what has become of the domain.
public enum MigrationInquiry {
    /// How long it may take, with somebody who types a password.
    private static let limit = Duration.seconds(120)

    /// What asks so, for `MigrationOptions.inquire`.
    public static func asker(
        _ command: String
    ) -> @Sendable (XenUUID) async throws(ToolstackError) -> ArrivalState {
        { (uuid: XenUUID) async throws(ToolstackError) in try await ask(command, for: uuid) }
    }

    /// - Parameter command: as `Handover.inquiry`.
    public static func ask(_ command: String, for uuid: XenUUID) async throws(ToolstackError) -> ArrivalState {
        let answer = try await RemoteCommand("\(command) \(uuid)").run(within: limit)
        guard answer.status.isSuccess else {
            throw ToolstackError(.fail, "the command \"\(command)\" \(answer.status)")
        }
        do {
            return try YajlDecoder().decode(ArrivalAnswer.self, from: answer.output).state
        } catch {
            throw ToolstackError(.fail, "cannot read the answer of the command \"\(command)\"", underlying: error)
        }
    }
}

extension Toolstack {
    /// Finds out what became of a domain whose migration was cut off, and does here what follows.
    ///
    /// - Parameter state: what the administrator has found out; nil to ask the other side.
    /// - Returns: what became of it: `started` there, so that it is ended here, or `returned`, so that it goes on here.
    /// - Throws: `invalid` for a domain that is not suspended, or of which is unknown where it was to go; `notReady`
    ///   when it cannot be found out.
    public func recoverMigration(
        of domain: DomainID, knowing state: ArrivalState? = nil
    ) async throws(ToolstackError) -> ArrivalState {
        // Not while the migration itself is still about to find out.
        let channel = try SuspendChannel(of: domain, self)
        defer { channel.release() }
        let isSuspended = try info(of: domain).shutdownReason == .suspend
        let wasProtected: Bool
        do { wasProtected = try hasNetworkBuffers(domain) } catch {
            throw ToolstackError(.fail, "cannot look at domain \(domain)", domain: domain, underlying: error)
        }
        guard isSuspended || wasProtected else {
            throw ToolstackError(
                .invalid, "cannot recover a migration of domain \(domain)", domain: domain,
                cause: "it is not suspended: no migration of it was cut off")
        }
        // Who knows the answer is not kept from giving it by a note that cannot be read.
        let handover = state == nil ? try handover(of: domain) : (try? handover(of: domain)) ?? nil
        let name: String
        do { name = try handover?.name ?? store.read(DomainPaths(domain).guest / "name") ?? "" } catch {
            throw ToolstackError(.fail, "cannot read the name of domain \(domain)", domain: domain, underlying: error)
        }
        switch try await fate(of: domain, handover, name: name, wasProtected: wasProtected, knowing: state) {
        case .started:
            try await destroy(domain)
            return .started
        case .returned, .unknown:
            let suffix = MigrationSuffix.leaving
            try rename(domain, to: name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name)
            await removeNetworkBuffers(of: domain)
            if isSuspended { try await resume(domain) }
            try forgetHandover(of: domain)
            return .returned
        }
    }

    /// - Throws: when it is unknown.
    private func fate(
        of domain: DomainID, _ handover: Handover?, name: String, wasProtected: Bool, knowing state: ArrivalState?
    ) async throws(ToolstackError) -> ArrivalState {
        if let state { return state }
        // The copy of a protected domain runs once the connection has ended without a word.
        guard !wasProtected else {
            throw ToolstackError(
                .invalid, "cannot find out where domain \(domain) runs", domain: domain,
                cause: "'xl remus' was cut off: what the domain sends here is held back, and its copy may run",
                remedy: "look there; 'xl migrate-recover --there' or '--here' does what you have found out")
        }
        guard let handover else {
            // The other side was not yet allowed to let it run, unless it is upstream's xl that gave it away.
            guard name.hasSuffix(MigrationSuffix.leaving) else { return .returned }
            throw ToolstackError(
                .invalid, "cannot find out where domain \(domain) runs", domain: domain,
                cause: "there is no note of where it went",
                remedy: "look there; 'xl migrate-recover --there' or '--here' does what you have found out")
        }
        guard let inquiry = handover.inquiry else {
            throw handover.undecided(domain, cause: "there is no command to ask with")
        }
        let found: ArrivalState
        do throws(ToolstackError) {
            found = try await MigrationInquiry.ask(inquiry, for: info(of: domain).uuid)
        } catch {
            throw handover.undecided(domain, cause: "\(error)")
        }
        guard found != .unknown else {
            throw handover.undecided(domain, cause: "the other side does not know the domain any more")
        }
        return found
    }
}
