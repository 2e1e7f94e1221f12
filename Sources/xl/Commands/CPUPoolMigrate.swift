import ArgumentParser

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
