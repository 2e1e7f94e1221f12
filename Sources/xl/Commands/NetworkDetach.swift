import ArgumentParser
import DomainModel
import XenToolstack

struct NetworkDetachCommand: DomainActingCommand {
    static let configuration = named("network-detach", "Destroy a domain's virtual network device")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Number or MAC address of the interface.") var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let mac = MACAddress(device)
        return try await context.detach(NICClass.self, from: domain, missing: "Unknown device \(device)") { nic in
            if let mac { return nic.record["mac"].flatMap { MACAddress($0) } == mac }
            return UInt32(device) == nic.address.id
        }
    }
}
