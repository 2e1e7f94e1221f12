import ArgumentParser
import XenToolstack

struct VSndListCommand: XLCommand {
    static let configuration = named("vsnd-list", "List virtual display devices for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, { try $0.soundCards(of: $1) }, json: SoundCardJSON.init,
            text: SoundCardStatus.text)
    }
}
