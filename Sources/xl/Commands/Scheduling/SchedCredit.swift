import ArgumentParser
import DomainModel
import XenToolstack

/// What the commands of the two credit schedulers have in common.
struct CreditOptions: ParsableArguments {
    @Option(
        name: [.long, .customShort("d", allowingJoined: true)], parsing: .unconditional,
        help: "The domain to show or change.")
    var domain: String?
    @Option(
        name: [.long, .customShort("w", allowingJoined: true)], parsing: .unconditional,
        help: "Its weight against the others', 1 to 65535.")
    var weight: Int32?
    @Option(
        name: [.long, .customShort("c", allowingJoined: true)], parsing: .unconditional,
        help: "The most that it gets, in percent of one CPU; 0 for no limit.")
    var cap: Int32?
    @Flag(name: [.short, .long], help: "Show or change the settings of the pool, not of domains.") var schedparam =
        false
    @Option(
        name: [.customShort("r", allowingJoined: true), .customLong("ratelimit_us")], parsing: .unconditional,
        help: "How long a vCPU runs at least before another may take its CPU, in microseconds; 0 for no limit.")
    var ratelimit: Int?
    @Option(
        name: [.customShort("p", allowingJoined: true), .customLong("cpupool")], parsing: .unconditional,
        help: "Only this CPU pool; with -s, that in place of the first.")
    var pool: String?
    @Flag(help: "Print them as a JSON document, after a change what holds then.") var json = false

    /// - Parameter change: what `-s` is to set.
    func run(
        _ scheduler: Scheduler, changing change: SchedulerPoolChange, in context: CommandContext
    ) throws -> ExitStatus {
        try check(change)
        let toolstack = context.toolstack
        if schedparam {
            let pool = try toolstack.findCPUPool(pool ?? "0")
            if !change.isEmpty { try toolstack.change(pool, scheduler, to: change) }
            let shown = toolstack.schedulerPool(pool, scheduler)
            if shown.settings == nil {
                Output.warning("the scheduler of \(pool.name ?? "\(pool.id)") is not \(scheduler.name)")
            }
            return try show([shown], scheduler, changed: !change.isEmpty)
        }
        guard let domain else {
            return try SchedulerOutput.list(scheduler, only: pool, asJSON: json, in: toolstack)
        }
        let target = try toolstack.findDomain(domain)
        let isChange = weight != nil || cap != nil
        if isChange {
            var parameters = SchedulerParameters()
            (parameters.sched, parameters.weight, parameters.cap) = (scheduler, weight, cap)
            try toolstack.setShare(parameters, of: target)
            if !json { return .success }
        }
        return try show([toolstack.schedulerPool(of: target, scheduler)], scheduler, changed: isChange)
    }

    /// Nothing is printed of a change, unless the document was asked for.
    private func show(_ pools: [SchedulerPool], _ scheduler: Scheduler, changed: Bool) throws -> ExitStatus {
        if json {
            try Output.print(json: SchedulerOutput.document(pools, scheduler))
        } else if !changed {
            Output.print(SchedulerOutput.text(pools, scheduler, isOneDomain: !schedparam))
        }
        return .success
    }

    private func check(_ change: SchedulerPoolChange) throws(ToolstackError) {
        if pool != nil || schedparam, domain != nil || weight != nil || cap != nil {
            throw ToolstackError(
                .invalid, "Specifying a cpupool or schedparam is not allowed with domain options.")
        }
        if domain == nil, weight != nil || cap != nil { throw ToolstackError(.invalid, "Must specify a domain.") }
        if !schedparam, !change.isEmpty {
            throw ToolstackError(.invalid, "Must specify schedparam to set schedule parameter values.")
        }
    }
}

struct SchedCreditCommand: XLCommand {
    static let configuration = named(
        "sched-credit", "Get/set credit scheduler parameters",
        usage: "[-d <Domain> [-w <Weight>] [-c <Cap>]] [-s [-t <ms>] [-r <us>] [-m <us>]] [-p <CPU Pool>]",
        discussion: """
            Without options, all pools that credit schedules are shown with the domains in them.
            What is set holds until the domain or the pool ends; cpu_weight and cap of a configuration do the same.
            """)

    @OptionGroup var options: CreditOptions
    @Option(
        name: [.customShort("t", allowingJoined: true), .customLong("tslice_ms")], parsing: .unconditional,
        help: "How long a vCPU runs at most before others get their turn, in milliseconds, 1 to 1000.")
    var timeslice: Int?
    @Option(
        name: [.customShort("m", allowingJoined: true), .customLong("migration_delay_us")], parsing: .unconditional,
        help: "How long a vCPU that has just run stays on its CPU, in microseconds, 0 to 100000.")
    var migrationDelay: Int?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let change = SchedulerPoolChange(
            timesliceMilliseconds: timeslice, rateLimitMicroseconds: options.ratelimit,
            migrationDelayMicroseconds: migrationDelay)
        return try options.run(.credit, changing: change, in: context)
    }
}

struct SchedCredit2Command: XLCommand {
    static let configuration = named(
        "sched-credit2", "Get/set credit2 scheduler parameters",
        usage: "[-d <Domain> [-w <Weight>] [-c <Cap>]] [-s [-r <us>]] [-p <CPU Pool>]",
        discussion: """
            Without options, all pools that credit2 schedules are shown with the domains in them.
            What is set holds until the domain or the pool ends; cpu_weight and cap of a configuration do the same.
            """)

    @OptionGroup var options: CreditOptions

    func run(in context: CommandContext) async throws -> ExitStatus {
        try options.run(.credit2, changing: SchedulerPoolChange(rateLimitMicroseconds: options.ratelimit), in: context)
    }
}
