import ArgumentParser
import DomainConfig
import XenToolstack

struct VDisplAttachCommand: DomainActingCommand {
    static let configuration = named(
        "vdispl-attach", "Create a new virtual display device",
        discussion: "The words are those of vdispl= in a configuration: connectors=ID:WxH;…, be-alloc=, backend=.")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the display: key=value.") var specification: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(VDisplClass.self, as: "vdispl", to: domain) {
            try VDisplSpec.parse(words: specification)
        }
    }
}
