import ArgumentParser
import DomainConfig
import XenToolstack

struct VSndAttachCommand: DomainActingCommand {
    static let configuration = named(
        "vsnd-attach", "Create a new virtual sound device",
        discussion: "Each word is an item of a sound card as vsnd= has it: card,…, pcm,… or stream,….")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Items of the card.") var specification: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(VSndClass.self, as: "vsnd", to: domain) { try VSndSpec.parse(words: specification) }
    }
}
