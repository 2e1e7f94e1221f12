import ArgumentParser

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
