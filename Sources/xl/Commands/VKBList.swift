import ArgumentParser
import XenToolstack

struct VKBListCommand: XLCommand {
    static let configuration = named("vkb-list", "List virtual keyboard devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, unknown: .fails, { try $0.vkbs(of: $1) }, json: VKBJSON.init,
            text: DeviceTable.vkbs)
    }
}
