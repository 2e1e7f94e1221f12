import ArgumentParser
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
            let evacuation = evacuation(in: context)
            let plan = try await evacuation.plan(matches)
            if !json { for line in EvacuationOutput.lines(plan) { Output.print(line) } }
            Output.flush()
            var outcomes: [DomainID: Evacuation.Outcome] = [:]
            if !dryRun {
                outcomes = await evacuation.perform(plan, parallel: parallel) { [isQuiet = json] event in
                    EvacuationOutput.show(event, isQuiet: isQuiet)
                }
            }
            // Interrupted: those that were under way have gone on here.
            try Task.checkCancellation()
            let left = plan.placements.filter { placement in
                dryRun ? placement.host == nil : outcomes[placement.guest.domain]?.isSuccess != true
            }
            if json {
                try Output.print(json: EvacuationOutput.document(plan, outcomes))
            } else if !dryRun {
                Output.print("\(plan.placements.count - left.count) of \(plan.placements.count) guests were migrated.")
            }
            return left.isEmpty ? .success : .failure
        }
    }

    private func evacuation(in context: CommandContext) -> Evacuation {
        let (toolstack, global, options) = (context.toolstack, context.options, transfer.options)
        return Evacuation(toolstack, to: hosts) { [way] domain, configuration, host in
            try await way.commands(to: host, global, words: "").check(domain, configuration, in: toolstack)
        } move: { [way] domain, configuration, host in
            let move = GuestMove(
                domain: domain, configuration: configuration, host: host,
                commands: way.commands(to: host, global, words: ""), options: options)
            return try await move.run(in: toolstack)
        }
    }

    func matches(_ name: String) -> Bool {
        func any(_ patterns: [String]) -> Bool { patterns.contains { fnmatch($0, name, 0) == 0 } }
        return (only.isEmpty || any(only)) && !any(except)
    }
}

/// What is said of an evacuation.
enum EvacuationOutput {
    /// - Parameter isQuiet: whether only what fails is said.
    static func show(_ event: Evacuation.Event, isQuiet: Bool) {
        switch event {
        case .begun(let guest, let host): if !isQuiet { Output.say("\(guest.name): migrating to \(host)") }
        case .ended(let guest, let host, .migrated(let summary)):
            let (total, downtime) = (text(summary.duration), text(summary.downtime))
            if !isQuiet { Output.say("\(guest.name): runs on \(host); \(total) s, stood still for \(downtime) s") }
        case .ended(let guest, _, .failed(let error)): Output.error(error, of: guest.name)
        }
    }

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

    static func document(_ plan: EvacuationPlan, _ outcomes: [DomainID: Evacuation.Outcome]) -> JSONValue {
        .array(
            plan.placements.map { placement in
                var fields: [(name: String, value: JSONValue)] = [
                    ("domid", .count(placement.guest.domain.rawValue)), ("name", .string(placement.guest.name)),
                    ("need_kib", .count(placement.guest.needKB)), ("host", .text(placement.host)),
                    ("reasons", .array(placement.reasons.map { .string($0) })),
                ]
                switch outcomes[placement.guest.domain] {
                case nil: fields += [("migrated", .bool(false)), ("error", .null)]
                case .failed(let error): fields += [("migrated", .bool(false)), ("error", .string("\(error)"))]
                case .migrated: fields += [("migrated", .bool(true)), ("error", .null)]
                }
                return .object(fields)
            })
    }
}
