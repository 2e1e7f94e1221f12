import ArgumentParser
import DomainConfig
import XenToolstack

struct VKBAttachCommand: DomainActingCommand {
    static let configuration = named(
        "vkb-attach", "Create a new virtual keyboard device",
        discussion: "The words are those of vkb= in a configuration: backend-type=, unique-id=, width=, height=, ….")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the device: key=value.") var specification: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(VKBClass.self, as: "vkb", to: domain) { try VKBSpec.parse(words: specification) }
    }
}
