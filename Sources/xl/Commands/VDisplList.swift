import ArgumentParser
import XenToolstack

struct VDisplListCommand: XLCommand {
    static let configuration = named("vdispl-list", "List virtual display devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, { try $0.displays(of: $1) }, json: DisplayJSON.init,
            text: DisplayStatus.text)
    }
}
