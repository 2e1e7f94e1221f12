import ArgumentParser
import XenToolstack

struct NetworkListCommand: XLCommand {
    static let configuration = named("network-list", "List virtual network interfaces for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, unknown: .fails, { try $0.nics(of: $1) }, json: NICJSON.init,
            text: DeviceTable.nics)
    }
}
