import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct BlockListCommand: XLCommand {
    static let configuration = named("block-list", "List virtual block devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @Argument(help: "Names, numbers or UUIDs of domains.") var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        let engine = DeviceEngine(context.toolstack)
        var disks: [DeviceStatus] = []
        for domain in domains {
            guard let target = try Self.find(domain, context.toolstack) else { continue }
            disks += try engine.disks(of: target)
        }
        if json {
            Output.print(bytes: try YajlEncoder().encode(disks.map(DiskJSON.init)))
        } else {
            Output.print(DeviceTable.disks(disks))
        }
        return .success
    }

    /// The domain, or nil when there is none: the others are listed, as upstream does.
    private static func find(_ domain: String, _ toolstack: Toolstack) throws(ToolstackError) -> DomainID? {
        do {
            return try toolstack.findDomain(domain)
        } catch {
            guard error.code == .domainNotFound else { throw error }
            Output.error("\(error)")
            return nil
        }
    }
}
