import ArgumentParser
import XenToolstack

struct InfoCommand: XLCommand {
    static let configuration = named("info", "Get information about Xen host")

    @Flag(name: [.customShort("n"), .long], help: "Also show the layout of CPUs, devices and NUMA nodes.")
    var numa = false
    @Flag(name: [.customShort("x"), .long], help: "Also show the features of xenstored.")
    var xenstore = false
    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(help: "Only the values of the lines that begin so.") var key: String?

    func validate() throws {
        if json && key != nil { throw ValidationError("the JSON document is always whole: leave out the key") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let info = try context.toolstack.hostInfo(topology: numa, store: xenstore)
        if json {
            try Output.print(json: HostInfoJSON.document(info))
        } else if let key, !numa {
            for value in HostInfoText.values(info, prefix: key) { Output.print(value) }
        } else {
            Output.print(HostInfoText.text(info))
        }
        return .success
    }
}
