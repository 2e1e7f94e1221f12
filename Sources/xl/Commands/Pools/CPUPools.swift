import ArgumentParser
import DomainConfig
import XenToolstack
import XenTypes

struct CPUPoolCreateCommand: XLCommand {
    static let configuration = named(
        "cpupool-create", "Create a new CPU pool", usage: "[options] [<ConfigFile>] [Variable=value ...]",
        discussion: """
            Keys of the file, and of words with an equals sign that count after it:
              name    the pool's name; without it, that of the file
              sched   its scheduler; without it, the hypervisor's
              nodes   NUMA nodes whose free processors it gets
              cpus    its processors, where nodes is not given; without both it has none
            """)
    static let supportsDryRun = true

    @OptionGroup var operands: ConfigurationOperands
    @Flag(
        name: [.customShort("n"), .customLong("dryrun")],
        help: "Print the resulting configuration, and create nothing; as 'xl -N cpupool-create'.")
    var isDryRun = false
    @Flag(help: "Print the pool as a JSON document.") var json = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let path = operands.path
        let source: ConfigSource?
        do throws(ConfigFileError) {
            source = try path.map { path throws(ConfigFileError) in try ConfigSource(path: path) }
        } catch {
            CommandContext.print([error.diagnostic])
            return .failure
        }
        let result = CPUPoolConfig.parse(
            ConfigDocument(file: source, words: operands.lines),
            fileName: path.flatMap { $0.split(separator: "/").last.map(String.init) }, host: toolstack.topology())
        CommandContext.print(result.diagnostics)
        guard let configuration = result.pool else { return .failure }
        let plan = try toolstack.plan(configuration)
        if !json {
            Output.print(CPUPoolText.plan(plan, source: path ?? ConfigSource.commandLineName))
        }
        let isCreated = !isDryRun && !context.options.isDryRun
        let id =
            isCreated ? try await TerminationSignals.cancelling { try await toolstack.createCPUPool(plan) } : nil
        if json { try Output.print(json: CPUPoolJSON.plan(plan, id: id)) }
        return .success
    }
}

struct CPUPoolListCommand: XLCommand {
    static let configuration = named("cpupool-list", "List CPU pools on host")

    @Flag(name: [.short, .long], help: "Show the processors of each pool.") var cpus = false
    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only this pool: name or number.", completion: .pools) var pool: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let pools = if let pool { [try toolstack.findCPUPool(pool)] } else { try toolstack.cpuPools() }
        try choice.show(asJSON: json, { CPUPoolJSON.document(pools) }) {
            Output.print(CPUPoolText.table(pools, listsCPUs: cpus))
        }
        return .success
    }
}

struct CPUPoolDestroyCommand: ActingCommand {
    static let configuration = named("cpupool-destroy", "Deactivates a CPU pool", usage: "<CPU Pool>")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name or number of the pool; it must have no domains.", completion: .pools) var pool: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let pool = try toolstack.findCPUPool(self.pool)
        try await TerminationSignals.cancelling { try await toolstack.destroyCPUPool(pool) }
        return .success
    }
}

struct CPUPoolRenameCommand: ActingCommand {
    static let configuration = named("cpupool-rename", "Renames a CPU pool", usage: "<CPU Pool> <new name>")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name or number of the pool.", completion: .pools) var pool: String
    @Argument(help: "The new name; no other pool may have it.") var newName: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.toolstack.rename(context.toolstack.findCPUPool(pool), to: newName)
        return .success
    }
}

/// The operands of the commands that give processors to a pool and take them away.
struct CPUPoolCPUs: ParsableArguments {
    @Argument(help: "Name or number of the pool.", completion: .pools) var pool: String
    @Argument(help: "The processors.") var cpus: String

    static let usage = "<CPU Pool> <CPU nr>|node:<node nr>"

    /// - Parameter failure: what is said of a processor that the toolstack does not move.
    func move(
        in context: CommandContext, failure: String,
        _ move: @escaping @Sendable (Toolstack, Bitmap, CPUPool) throws(ToolstackError) -> [CPUMoveProblem]
    ) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let list = try toolstack.cpus(cpus)
        let pool = try toolstack.findCPUPool(self.pool)
        let problems = try await TerminationSignals.cancelling { try move(toolstack, list, pool) }
        return CPUPoolText.report(problems, failure)
    }
}

struct CPUPoolCPUAddCommand: ActingCommand {
    static let configuration = named(
        "cpupool-cpu-add", "Adds a CPU to a CPU pool", usage: CPUPoolCPUs.usage,
        discussion: "The processors are a list such as 0-3,^2,node:1. They must be in no other pool.")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var operands: CPUPoolCPUs

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await operands.move(in: context, failure: "cannot be added") {
            toolstack, cpus, pool throws(ToolstackError) in
            try toolstack.add(cpus, to: pool)
        }
    }
}

struct CPUPoolCPURemoveCommand: ActingCommand {
    static let configuration = named(
        "cpupool-cpu-remove", "Removes a CPU from a CPU pool", usage: CPUPoolCPUs.usage,
        discussion: "The processors are a list such as 0-3,^2,node:1. They are then in no pool.")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var operands: CPUPoolCPUs

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await operands.move(in: context, failure: "cannot be removed") { $0.remove($1, from: $2) }
    }
}

struct CPUPoolMigrateCommand: DomainActingCommand {
    static let configuration = named(
        "cpupool-migrate", "Moves a domain into a CPU pool", usage: "<Domain> <CPU Pool>")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Name or number of the pool.", completion: .pools) var pool: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        try toolstack.move(id, to: toolstack.findCPUPool(pool))
        return .success
    }
}

struct CPUPoolNUMASplitCommand: ActingCommand {
    static let configuration = named(
        "cpupool-numa-split", "Splits up the machine into one CPU pool per NUMA node",
        discussion: """
            dom0 stays with the first node, in the pool that is then called Pool-node0, and gives up the virtual CPUs
            that this node has no processors for.
            """)

    @OptionGroup var outcome: OutcomeFlag

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await TerminationSignals.cancelling { try await toolstack.splitCPUPools() }
        return .success
    }
}
