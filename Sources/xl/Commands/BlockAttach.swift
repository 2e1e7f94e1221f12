import ArgumentParser
import DomainConfig
import XenToolstack
import YajlJSON

struct BlockAttachCommand: XLCommand {
    static let configuration = named(
        "block-attach", "Create a new virtual block device",
        discussion: "All words of the specification together describe one disk, as disk= does in a configuration.")
    static let supportsDryRun = true

    @Argument(help: "Name, number or UUID of the domain.") var domain: String
    @Argument(help: "Specification of the disk: target, format, vdev, access, or key=value.") var specification:
        [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        // Upstream refuses an unknown domain before it reads the specification, also in a dry run.
        let target = context.options.isDryRun ? nil : try context.toolstack.findDomain(domain)
        let disk = try DiskSpec.parse(words: specification)
        for warning in disk.warnings { Output.warning("\(warning)") }
        guard let target else {
            Output.print("disk: \(try YajlEncoder().encodeText(disk.value))")
            return .success
        }
        try await DeviceEngine(context.toolstack).attach(DiskClass.self, disk.value, to: target)
        return .success
    }
}
