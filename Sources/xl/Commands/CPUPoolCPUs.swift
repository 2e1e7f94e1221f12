import ArgumentParser
import XenToolstack
import XenTypes

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
