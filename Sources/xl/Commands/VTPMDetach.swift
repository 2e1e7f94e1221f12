import ArgumentParser
import XenToolstack
import XenTypes

struct VTPMDetachCommand: DomainActingCommand {
    static let configuration = named("vtpm-detach", "Destroy a domain's virtual TPM device")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Number or UUID of the TPM.") var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let uuid = XenUUID(device)
        return try await context.detach(VTPMClass.self, from: domain, missing: "Unknown device \(device)") { vtpm in
            if let uuid { return vtpm.record["uuid"].flatMap { XenUUID($0) } == uuid }
            return UInt32(device) == vtpm.address.id
        }
    }
}
