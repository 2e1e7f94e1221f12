import DomainModel
import Events
import XenTypes

/// One evacuation of this host: other hosts are asked about its guests, and those that can go are moved.
public struct Evacuation: Sendable {
    /// How a guest's move ended.
    public enum Outcome: Sendable {
        /// It runs on the other host.
        case migrated(MigrationSummary)
        /// It stayed here, or nobody knows: the error says so.
        case failed(any Error)

        /// Whether it runs on the other host.
        public var isSuccess: Bool { if case .migrated = self { true } else { false } }
    }

    /// What happens while guests are moved.
    public enum Event: Sendable {
        /// A guest's move begins.
        case begun(EvacuationPlan.Guest, host: String)
        /// A guest's move has ended.
        case ended(EvacuationPlan.Guest, host: String, Outcome)
    }

    /// Asks a host what speaks against a guest's coming there.
    public typealias Ask = @Sendable (DomainID, DomainConfiguration, _ host: String) async throws -> MigrationFindings
    /// Moves a guest to a host.
    public typealias Move = @Sendable (DomainID, DomainConfiguration, _ host: String) async throws -> MigrationSummary

    private let toolstack: Toolstack
    private let hosts: [String]
    private let ask: Ask
    private let move: Move

    /// - Parameter hosts: in the order of preference among equals.
    public init(_ toolstack: Toolstack, to hosts: [String], ask: @escaping Ask, move: @escaping Move) {
        (self.toolstack, self.hosts, self.ask, self.move) = (toolstack, hosts, ask, move)
    }

    /// Asks every host about every guest.
    ///
    /// - Parameter isWanted: whether a guest of that name is to go.
    public func plan(_ isWanted: (_ name: String) -> Bool) async throws -> EvacuationPlan {
        var guests: [EvacuationPlan.Guest] = []
        var findings: [DomainID: [String: MigrationFindings]] = [:]
        for domain in try toolstack.movableGuests() where isWanted(domain.name) {
            guests.append(EvacuationPlan.Guest(domain: domain.id, name: domain.name, needKB: 0))
            do {
                let configuration = try await sent(domain.id)
                guests[guests.count - 1].needKB = try toolstack.migrationNeedKiB(of: configuration)
                try toolstack.checkSavable(domain.id)
                findings[domain.id] = try await answers(about: domain.id, configuration)
            } catch let error as ToolstackError where error.code != .aborted {
                guests[guests.count - 1].refusal = "\(error)"
            }
        }
        return EvacuationPlan(guests, hosts: hosts, findings: findings)
    }

    /// Asks the hosts at the same time. That one cannot be asked speaks against that one only.
    private func answers(
        about domain: DomainID, _ configuration: DomainConfiguration
    ) async throws -> [String: MigrationFindings] {
        try await withThrowingTaskGroup(of: (String, MigrationFindings).self) { group in
            for host in hosts {
                group.addTask {
                    do {
                        return (host, try await ask(domain, configuration, host))
                    } catch let error as ToolstackError where error.code != .aborted {
                        var refusal = MigrationFindings()
                        refusal.problems = [.init("host", "\(error)")]
                        return (host, refusal)
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// A domain as it is sent: there it gets another number.
    private func sent(_ domain: DomainID) async throws -> DomainConfiguration {
        var configuration = try await toolstack.currentConfiguration(of: domain)
        configuration.createInfo.domainID = .control
        return configuration
    }

    /// Migrates those that have a place, so many at once. One that fails stays, and does not keep the others.
    ///
    /// - Returns: the outcomes of those whose turn came before the task was cancelled.
    public func perform(
        _ plan: EvacuationPlan, parallel: Int, report: @escaping @Sendable (Event) -> Void
    ) async -> [DomainID: Outcome] {
        let moves = plan.placements.compactMap { placement in
            placement.host.map { (guest: placement.guest, host: $0) }
        }
        let outcomes = await moves.concurrentMap(atMost: parallel) { guest, host in
            report(.begun(guest, host: host))
            let outcome: Outcome
            do {
                outcome = .migrated(try await move(guest.domain, sent(guest.domain), host))
            } catch {
                outcome = .failed(error)
            }
            report(.ended(guest, host: host, outcome))
            return outcome
        }
        return Dictionary(
            uniqueKeysWithValues: zip(moves, outcomes).compactMap { move, outcome in
                outcome.map { (move.guest.domain, $0) }
            })
    }
}
