import ArgumentParser
import DomainModel
import XenToolstack

struct BlockDetachCommand: DomainActingCommand {
    static let configuration = named("block-detach", "Destroy a domain's virtual block device")

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: .shortAndLong, help: "Take the disk away even if the guest does not let go of it.") var force = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Name or number of the disk in the guest: xvdb, 51728.") var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let target = try context.toolstack.findDomain(domain)
        let engine = DeviceEngine(context.toolstack)
        guard let number = VirtualDevice(device)?.number, let id = UInt32(exactly: number),
            let disk = try engine.disks(of: target).first(where: { $0.address.id == id })
        else {
            throw ToolstackError(
                .notFound, "Device \(device) not connected", domain: target,
                remedy: "xl block-list \(domain) shows the disks of the domain")
        }
        guard disk.address.kind == .vbd else {
            throw ToolstackError(
                .notSupported, "Hotunplug isn't supported for specification virtio", domain: target)
        }
        try await engine.detach(DiskClass.self, disk.address, force: force ? .always : .never)
        return .success
    }

    static func exitStatus(for error: any Error) -> ExitStatus { .failure }
}
