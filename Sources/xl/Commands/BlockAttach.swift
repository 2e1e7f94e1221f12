import ArgumentParser
import DomainConfig
import XenToolstack

struct BlockAttachCommand: DomainActingCommand {
    static let configuration = named(
        "block-attach", "Create a new virtual block device",
        discussion: "All words of the specification together describe one disk, as disk= does in a configuration.")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Specification of the disk: target, format, vdev, access, or key=value.") var specification:
        [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(DiskClass.self, as: "disk", to: domain) { try DiskSpec.parse(words: specification) }
    }
}
