import ArgumentParser

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
