import ArgumentParser

struct RenameCommand: DomainActingCommand {
    static let configuration = named("rename", "Rename a domain")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The new name; no other domain may have it.") var newName: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try toolstack.rename(toolstack.findDomain(domain), to: newName)
        return .success
    }
}
