import ArgumentParser
import XenToolstack

struct ChannelListCommand: XLCommand {
    static let configuration = named("channel-list", "List virtual channel devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, unknown: .fails, { try $0.channels(of: $1) }, json: ChannelJSON.init,
            text: DeviceTable.channels)
    }
}
