import ArgumentParser
import XenToolstack

struct BlockListCommand: XLCommand {
    static let configuration = named("block-list", "List virtual block devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, { try $0.disks(of: $1) }, json: DiskJSON.init, text: DeviceTable.disks)
    }
}
