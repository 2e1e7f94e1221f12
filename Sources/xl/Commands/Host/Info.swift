import ArgumentParser
import XenToolstack

struct InfoCommand: XLCommand {
    static let configuration = named("info", "Get information about Xen host")

    @Flag(name: [.customShort("n"), .long], help: "Also show the layout of CPUs, devices and NUMA nodes.")
    var numa = false
    @Flag(name: [.customShort("x"), .long], help: "Also show the features of xenstored.")
    var xenstore = false
    @Flag(help: "Print it as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only the values of the lines that begin so.") var key: String?

    func validate() throws {
        if json && key != nil {
            throw ValidationError("the key is one of the text: --fields chooses of the JSON document")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let info = try context.toolstack.hostInfo(topology: numa, store: xenstore)
        try choice.show(asJSON: json, { HostInfoJSON.document(info) }) {
            guard let key, !numa else { return Output.print(HostInfoText.text(info)) }
            for value in HostInfoText.values(info, prefix: key) { Output.print(value) }
        }
        return .success
    }
}
