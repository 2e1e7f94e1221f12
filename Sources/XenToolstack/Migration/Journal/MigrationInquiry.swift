import DomainConfig
import XenStore
import XenTypes
import YajlJSON

/// The question to the target of a migration, what has become of the domain.
package enum MigrationInquiry {
    /// What asks so, for `MigrationOptions.inquire`.
    ///
    /// - Parameter limit: how long an answer may take.
    package static func asker(
        _ command: String, within limit: Duration
    ) -> @Sendable (XenUUID) async throws(ToolstackError) -> ArrivalState {
        { (uuid: XenUUID) async throws(ToolstackError) in try await ask(command, for: uuid, within: limit) }
    }

    /// - Parameters:
    ///   - command: as `Handover.inquiry`.
    ///   - limit: how long the answer may take.
    /// - Throws: `notReady` when there is no connection; other codes when asking again is of no use.
    package static func ask(
        _ command: String, for uuid: XenUUID, within limit: Duration
    ) async throws(ToolstackError) -> ArrivalState {
        let answer = try await RemoteCommand("\(command) \(uuid)").run(within: limit)
        guard answer.status.isSuccess else {
            throw ToolstackError(
                answer.hasNoConnection ? .notReady : .fail, "the command \"\(command)\" \(answer.status)")
        }
        do {
            return try YajlDecoder().decode(ArrivalAnswer.self, from: answer.output).state
        } catch {
            throw ToolstackError(.fail, "cannot read the answer of the command \"\(command)\"", underlying: error)
        }
    }

    /// Asks until the other side has decided, or its time for that is over.
    ///
    /// - Throws: why it is not known where the domain is.
    static func settle(
        _ uuid: XenUUID, _ timeouts: Timeouts, by ask: (XenUUID) async throws(ToolstackError) -> ArrivalState
    ) async throws(ToolstackError) -> Whereabouts {
        let end = ContinuousClock.now + timeouts.migrationDecision
        while true {
            let obstacle: ToolstackError
            do throws(ToolstackError) {
                switch try await ask(uuid) {
                case .started: return .there
                case .returned: return .here
                case .unknown:
                    throw ToolstackError(.notFound, "the other side does not know the domain any more")
                case .undecided:
                    obstacle = ToolstackError(.notReady, "the other side has not decided yet whether it runs there")
                }
            } catch {
                guard error.code == .notReady else { throw error }
                obstacle = error
            }
            guard .now + timeouts.migrationInquiryPause < end else { throw obstacle }
            do { try await idle(for: timeouts.migrationInquiryPause) } catch {
                throw ToolstackError(.aborted, "stopped asking where the domain runs", cause: "interrupted")
            }
        }
    }
}

extension Toolstack {
    /// Finds out what became of a domain whose migration was cut off, and does here what follows.
    ///
    /// - Parameter whereabouts: what the administrator has found out; nil to ask the other side.
    /// - Returns: where it is: `there`, so that its copy here was ended, or `here`, where it goes on.
    /// - Throws: `invalid` for a domain that is not suspended, or of which is unknown where it was to go; `notReady`
    ///   when it cannot be found out.
    package func recoverMigration(
        of domain: DomainID, knowing whereabouts: Whereabouts? = nil
    ) async throws(ToolstackError) -> Whereabouts {
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
        let handover = whereabouts == nil ? try handover(of: domain) : (try? handover(of: domain)) ?? nil
        let name: String
        do { name = try handover?.name ?? store.read(DomainPaths(domain).guest / "name") ?? "" } catch {
            throw ToolstackError(.fail, "cannot read the name of domain \(domain)", domain: domain, underlying: error)
        }
        let found =
            if let whereabouts {
                whereabouts
            } else {
                try await self.whereabouts(of: domain, handover, name: name, wasProtected: wasProtected)
            }
        switch found {
        case .there: try await destroy(domain)
        case .here:
            let suffix = MigrationSuffix.leaving
            try rename(domain, to: name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name)
            await removeNetworkBuffers(of: domain)
            // Before it goes on: the note must not say of a domain that runs that it may run elsewhere.
            try forgetHandover(of: domain)
            if isSuspended { try await resume(domain) }
        }
        return found
    }

    /// - Throws: when it is unknown.
    private func whereabouts(
        of domain: DomainID, _ handover: Handover?, name: String, wasProtected: Bool
    ) async throws(ToolstackError) -> Whereabouts {
        // The copy of a protected domain runs once the connection has ended without a word.
        guard !wasProtected else {
            throw ToolstackError(
                .invalid, "cannot find out where domain \(domain) runs", domain: domain,
                cause: "'xl remus' was cut off: what the domain sends here is held back, and its copy may run",
                remedy: "look there; 'xl migrate-recover --there' or '--here' does what you have found out")
        }
        guard let handover else {
            // The other side was not yet allowed to let it run, unless it is upstream's xl that gave it away.
            guard name.hasSuffix(MigrationSuffix.leaving) else { return .here }
            throw ToolstackError(
                .invalid, "cannot find out where domain \(domain) runs", domain: domain,
                cause: "there is no note of where it went",
                remedy: "look there; 'xl migrate-recover --there' or '--here' does what you have found out")
        }
        guard let inquiry = handover.inquiry else {
            throw handover.undecided(domain, cause: "there is no command to ask with")
        }
        do throws(ToolstackError) {
            return try await MigrationInquiry.settle(
                info(of: domain).uuid, timeouts, by: MigrationInquiry.asker(inquiry, within: timeouts.migrationAnswer))
        } catch {
            throw handover.undecided(domain, cause: "\(error)")
        }
    }
}
