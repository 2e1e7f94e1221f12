import ArgumentParser
import XenToolstack

struct VDisplDetachCommand: DomainActingCommand {
    static let configuration = named("vdispl-detach", "Destroy a domain's virtual display device")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Number of the device.") var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.detach(VDisplClass.self, number: device, from: domain)
    }
}
