import Events
import XenTypes

/// The receiver's side of a migration: its words, and what follows from the sender's.
package struct MigrationReceiver: Sendable {
    private let toolstack: Toolstack
    private let connection: MigrationConnection

    /// What happens, in the order in which it does.
    package enum Event: Sendable {
        case complete
        case permitted
        case started
        case failed
        case destroyed
    }

    /// - Parameter connection: to the sender.
    package init(_ toolstack: Toolstack, _ connection: MigrationConnection) {
        self.toolstack = toolstack
        self.connection = connection
    }

    /// Says that the domain can come.
    package func greet() throws(ToolstackError) { try connection.send(.banner) }

    /// Asks for permission and lets the domain run under its own name.
    ///
    /// - Parameters:
    ///   - domain: complete and paused, under `name` with `MigrationSuffix.arriving`.
    ///   - staysPaused: rename it only.
    ///   - prepare: what has to be done before the domain runs; it is done while the sender gives the domain away.
    /// - Throws: why it does not run here. It is destroyed then, and the sender knows that it has it back, or can find
    ///   it out.
    package func finish(
        _ domain: DomainID, name: String, staysPaused: Bool, report: @escaping @Sendable (Event) -> Void,
        prepare: () async throws -> Void
    ) async throws(ToolstackError) {
        let uuid: XenUUID
        do throws(ToolstackError) {
            uuid = try toolstack.info(of: domain).uuid
            try toolstack.arrivals().record(domain, uuid)
            report(.complete)
            try connection.send(.ready)
        } catch {
            // Without the message the sender cannot give permission.
            await toolstack.discard(domain)
            throw error
        }
        let failure: ToolstackError
        do throws(ToolstackError) {
            let obstacle = await result(of: prepare)
            // A failure, too, is told in answer to this.
            try await connection.expect(.permission, within: toolstack.timeouts.migrationSilence)
            if let obstacle { throw obstacle }
            return try await run(domain, uuid, name, staysPaused, report)
        } catch {
            failure = error
        }
        await toTheEnd { await giveBack(domain, uuid, failure, report) }
        throw failure
    }

    /// - Returns: what it failed with.
    private func result(of step: () async throws -> Void) async -> ToolstackError? {
        do { try await step() } catch {
            return error as? ToolstackError
                ?? ToolstackError(.fail, "cannot prepare the domain's start", underlying: error)
        }
        return nil
    }

    /// Lets the copy of a domain run whose sender is no more.
    ///
    /// - Parameter domain: as of the last checkpoint, under `name` with `MigrationSuffix.arriving`.
    /// - Throws: when it does not run. It stays, for an administrator to decide.
    package func takeOver(_ domain: DomainID, name: String) async throws(ToolstackError) {
        let outcome: Result<Void, ToolstackError> = await toTheEnd {
            // Better under a wrong name than not at all.
            toolstack.logFailure("name domain \(domain) \(name)") {
                try toolstack.rename(domain, to: name, from: name + Toolstack.MigrationSuffix.arriving)
            }
            do throws(ToolstackError) {
                try await toolstack.unpause(domain)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    /// What follows permission is done to the end.
    private func run(
        _ domain: DomainID, _ uuid: XenUUID, _ name: String, _ staysPaused: Bool,
        _ report: @escaping @Sendable (Event) -> Void
    ) async throws(ToolstackError) {
        let outcome: Result<Void, ToolstackError> = await toTheEnd {
            do throws(ToolstackError) {
                guard try toolstack.arrivals().advance(domain, uuid, from: [.waiting], to: .starting) else {
                    throw ToolstackError(
                        .fail, "cannot let domain \(domain) run", domain: domain,
                        cause: "its sender has taken it back")
                }
                report(.permitted)
                try toolstack.rename(domain, to: name, from: name + Toolstack.MigrationSuffix.arriving)
                if !staysPaused { try await toolstack.unpause(domain) }
                // It runs, whatever becomes of the note: without it, one sees that the domain is not paused any more.
                toolstack.logFailure("note that domain \(domain) runs") {
                    _ = try toolstack.arrivals().advance(domain, uuid, from: [.starting], to: .started)
                }
                report(.started)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        // The domain runs, whether or not the sender hears of it; it can ask.
        try? connection.send(MigrationMessage.report.bytes + [0], MigrationMessage.report.name)
    }

    private func giveBack(
        _ domain: DomainID, _ uuid: XenUUID, _ failure: ToolstackError, _ report: @escaping @Sendable (Event) -> Void
    ) async {
        let code = UInt8(truncatingIfNeeded: -failure.code.rawValue)
        try? connection.send(MigrationMessage.report.bytes + [code], MigrationMessage.report.name)
        report(.failed)
        do throws(ToolstackError) {
            try await toolstack.returnArrival(domain, uuid)
        } catch {
            // A sender that were told now could let it go on beside this copy.
            toolstack.logger.error("domain \(domain) is still there: \(error)")
            return
        }
        report(.destroyed)
        try? connection.send(.permission)
    }
}
