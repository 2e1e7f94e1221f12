import ArgumentParser

struct HelpCommand: XLCommand {
    static let configuration = named("help", "List the commands, or describe one", isListed: false)
    static let isUpstream = false

    @Argument(help: "The command to describe.") var command: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let command else {
            Output.print(CommandTable.listing)
            return .success
        }
        guard let row = CommandTable.lookUp(command) else {
            Output.error(CommandTable.unknownCommandText(command))
            return .failure
        }
        Output.print(row.command.helpMessage())
        return .success
    }
}
