import ArgumentParser
import XenTypes

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
            let text = CommandTable.unknownCommandText(command)
            Output.error(Fault(.unknownCommand, text), words: "xl: error: \(text.escapingControls)")
            return .failure
        }
        Output.print(row.command.helpMessage())
        return .success
    }
}
