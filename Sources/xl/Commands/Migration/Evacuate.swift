import ArgumentParser
import DomainModel
import Events
import Glibc
import XenToolstack
import XenTypes
import YajlJSON

struct EvacuateCommand: XLCommand {
    static let configuration = named(
        "evacuate", "Migrate all guests of this host to others", usage: "[options] <host>...",
        discussion: """
            Each guest goes to the host that has most memory free of those that can take it. A guest that cannot go, or \
            whose migration fails, stays, and does not keep the others; the same command again goes on with what is \
            left.
            """)
    static let isUpstream = false

    @OptionGroup var way: MigrationWay
    @OptionGroup var transfer: TransferFlags
    @Option(help: "Migrate so many guests at once.") var parallel: Int = 1
    @Option(help: ArgumentHelp("Only guests whose names match, as a shell matches files.", valueName: "pattern"))
    var only: [String] = []
    @Option(help: ArgumentHelp("All but guests whose names match.", valueName: "pattern"))
    var except: [String] = []
    @Flag(help: "Show which guest would go where, and migrate nothing.") var dryRun = false
    @Flag(help: "Print what was done as a JSON document.") var json = false
    @Argument(help: "The hosts, as ssh takes them.") var hosts: [String]

    func validate() throws {
        for host in hosts { try way.validate(host: host) }
        guard !way.sshcommand.isEmpty else { throw ValidationError("-s must name a command") }
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel must be from 1 to 64") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        return try await TerminationSignals.cancelling { [self] in
            let evacuation = Evacuation(
                context: context, way: way, options: transfer.options, hosts: hosts, isQuiet: json
            ) { name in matches(name) }
            let plan = try await evacuation.plan()
            if !json { for line in Evacuation.lines(plan) { Output.print(line) } }
            Output.flush()
            var outcomes: [DomainID: Evacuation.Outcome] = [:]
            if !dryRun { outcomes = await evacuation.perform(plan, parallel: parallel) }
            // Interrupted: those that were under way have gone on here.
            try Task.checkCancellation()
            let left = plan.placements.filter { placement in
                dryRun ? placement.host == nil : outcomes[placement.guest.domain]?.isSuccess != true
            }
            if json {
                try Output.print(json: Evacuation.document(plan, outcomes))
            } else if !dryRun {
                Output.print("\(plan.placements.count - left.count) of \(plan.placements.count) guests were migrated.")
            }
            return left.isEmpty ? .success : .failure
        }
    }

    func matches(_ name: String) -> Bool {
        func any(_ patterns: [String]) -> Bool { patterns.contains { fnmatch($0, name, 0) == 0 } }
        return (only.isEmpty || any(only)) && !any(except)
    }
}

/// One evacuation of this host.
struct Evacuation: Sendable {
    enum Outcome: Sendable {
        case migrated(MigrationSummary)
        case failed(String)

        var isSuccess: Bool { if case .migrated = self { true } else { false } }
    }

    let context: CommandContext
    let way: MigrationWay
    let options: MigrationOptions
    let hosts: [String]
    let isQuiet: Bool
    let isWanted: @Sendable (String) -> Bool

    private var toolstack: Toolstack { context.toolstack }

    /// Asks every host about every guest.
    func plan() async throws -> EvacuationPlan {
        var guests: [EvacuationPlan.Guest] = []
        var findings: [DomainID: [String: MigrationFindings]] = [:]
        for domain in try toolstack.movableGuests() where isWanted(domain.name) {
            guests.append(EvacuationPlan.Guest(domain: domain.id, name: domain.name, needKB: 0))
            do {
                let configuration = try await sent(domain.id)
                guests[guests.count - 1].needKB = try toolstack.migrationNeedKiB(of: configuration)
                try toolstack.checkSavable(domain.id)
                findings[domain.id] = try await ask(about: domain.id, configuration)
            } catch let error as ToolstackError where error.code != .aborted {
                guests[guests.count - 1].refusal = "\(error)"
            }
        }
        return EvacuationPlan(guests, hosts: hosts, findings: findings)
    }

    /// Asks the hosts at the same time. That one cannot be asked speaks against that one only.
    private func ask(
        about domain: DomainID, _ configuration: DomainConfiguration
    ) async throws -> [String: MigrationFindings] {
        try await withThrowingTaskGroup(of: (String, MigrationFindings).self) { group in
            for host in hosts {
                group.addTask {
                    let check = RemoteCheck(command: way.commands(to: host, context.options, words: "").check)
                    do {
                        return (host, try await check.run(domain, configuration, in: toolstack))
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

    private func sent(_ domain: DomainID) async throws -> DomainConfiguration {
        var configuration = try await toolstack.currentConfiguration(of: domain)
        configuration.createInfo.domainID = .control
        return configuration
    }

    /// Migrates those that have a place, so many at once.
    func perform(_ plan: EvacuationPlan, parallel: Int) async -> [DomainID: Outcome] {
        let moves = plan.placements.compactMap { placement in placement.host.map { (guest: placement.guest, host: $0) }
        }
        let outcomes = await moves.concurrentMap(atMost: parallel) { await migrate($0.guest, to: $0.host) }
        return Dictionary(
            uniqueKeysWithValues: zip(moves, outcomes).compactMap { move, outcome in
                outcome.map { (move.guest.domain, $0) }
            })
    }

    private func migrate(_ guest: EvacuationPlan.Guest, to host: String) async -> Outcome {
        say("\(guest.name): migrating to \(host)")
        do {
            let move = GuestMove(
                domain: guest.domain, configuration: try await sent(guest.domain), host: host,
                commands: way.commands(to: host, context.options, words: ""), options: options)
            let summary = try await move.run(in: toolstack)
            let (total, downtime) = (summary.duration, summary.downtime)
            say("\(guest.name): runs on \(host); \(Self.text(total)) s, stood still for \(Self.text(downtime)) s")
            return .migrated(summary)
        } catch {
            Output.error(error, of: guest.name)
            return .failed("\(error)")
        }
    }

    private func say(_ text: String) { if !isQuiet { Output.say(text) } }

    private static func text(_ duration: Duration) -> String { Progress.oneDecimal(Progress.seconds(duration)) }

    /// What is to be done, a line for each guest.
    static func lines(_ plan: EvacuationPlan) -> [String] {
        plan.placements.map { placement in
            let size = "\(placement.guest.name) (\(placement.guest.needKB / 1024) MiB)"
            guard let host = placement.host else {
                return "\(size) stays: \(placement.reasons.joined(separator: "; "))"
            }
            return "\(size) goes to \(host)"
        }
    }

    static func document(_ plan: EvacuationPlan, _ outcomes: [DomainID: Outcome]) -> JSONValue {
        .array(
            plan.placements.map { placement in
                var fields: [(name: String, value: JSONValue)] = [
                    ("domid", .count(placement.guest.domain.rawValue)), ("name", .string(placement.guest.name)),
                    ("need_kib", .count(placement.guest.needKB)), ("host", .text(placement.host)),
                    ("reasons", .array(placement.reasons.map { .string($0) })),
                ]
                switch outcomes[placement.guest.domain] {
                case nil: fields += [("migrated", .bool(false)), ("error", .null)]
                case .failed(let error): fields += [("migrated", .bool(false)), ("error", .string(error))]
                case .migrated: fields += [("migrated", .bool(true)), ("error", .null)]
                }
                return .object(fields)
            })
    }
}
