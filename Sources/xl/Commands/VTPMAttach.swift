import ArgumentParser
import DomainConfig
import XenToolstack

struct VTPMAttachCommand: DomainActingCommand {
    static let configuration = named(
        "vtpm-attach", "Create a new virtual TPM device",
        discussion: "The words are those of vtpm= in a configuration; without a UUID a random one is taken.")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the TPM: uuid=UUID, backend=DOMAIN.") var specification: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(VTPMClass.self, as: "vtpm", to: domain) { try VTPMSpec.parse(words: specification) }
    }
}
