import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct MigrateRecoverCommand: XLCommand {
    static let configuration = named(
        "migrate-recover", "Find out where a domain runs whose migration was cut off", usage: "[options] <Domain>",
        discussion: """
            When the connection breaks at the moment at which a domain changes hosts, and the other host cannot be \
            asked, its copy here stays suspended. This asks the other host, and ends the copy here or lets it go on; a \
            copy that waits there is ended. Where the other host is about to start or to end its copy, it is asked again \
            for two minutes. A copy whose migration was killed before that moment goes on at once. A domain whose xl remus \
            was killed needs --here or --there: what it sends is held back until then.
            """)
    static let isUpstream = false

    @Flag(help: "Do not ask: it does not run there, and never will. The copy here goes on.")
    var here = false
    @Flag(help: "Do not ask: it runs there. The copy here is ended.")
    var there = false
    @Flag(help: "Print what was found out as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func validate() throws {
        guard !(here && there) else { throw ValidationError("--here and --there exclude each other") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        let found = try await toolstack.recoverMigration(of: id, knowing: here ? .here : there ? .there : nil)
        if json {
            let state = found == .there ? ArrivalState.started : .returned
            try Output.print(
                json: JSONValue.object([("domid", .count(id.rawValue)), ("state", .string(state.rawValue))]))
        } else {
            Output.print(
                found == .there
                    ? "It runs on the other host; its copy here was ended."
                    : "It does not run on the other host; it goes on here.")
        }
        return .success
    }
}

struct MigrateStateCommand: XLCommand {
    static let configuration = named(
        "migrate-state", "Tell what became of a domain that arrived", usage: "- for internal use only",
        discussion: """
            What xl migrate-recover asks on the other host, as a JSON document. A copy that still waits for permission \
            is ended. The answer can be had again for a month.
            """, isListed: false)
    static let isUpstream = false

    @Argument(help: "The domain's UUID.") var uuid: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let uuid = XenUUID(self.uuid) else {
            throw ToolstackError(.invalid, "\"\(uuid)\" is no UUID")
        }
        let state = try await context.toolstack.settleArrival(of: uuid)
        try Output.print(json: ArrivalAnswer(state: state))
        return .success
    }
}
