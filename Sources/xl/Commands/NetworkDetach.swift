import ArgumentParser
import DomainModel
import XenToolstack

struct NetworkDetachCommand: XLCommand {
    static let configuration = named("network-detach", "Destroy a domain's virtual network device")

    @Argument(help: "Name, number or UUID of the domain.") var domain: String
    @Argument(help: "Number or MAC address of the interface.") var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let target = try context.toolstack.findDomain(domain)
        let engine = DeviceEngine(context.toolstack)
        let nics = try engine.nics(of: target)
        let wanted = nics.first { nic in
            if let mac = MACAddress(device) { return nic.record["mac"].flatMap { MACAddress($0) } == mac }
            return UInt32(device) == nic.address.id
        }
        guard let wanted else {
            throw ToolstackError(
                .notFound, "Unknown device \(device)", domain: target,
                remedy: "xl network-list \(domain) shows the interfaces of the domain")
        }
        var stored = NICDevice()
        stored.deviceID = Int32(exactly: wanted.address.id)
        try await engine.detach(NICClass.self, wanted.address, like: stored, force: .whenTimeIsUp)
        return .success
    }
}
