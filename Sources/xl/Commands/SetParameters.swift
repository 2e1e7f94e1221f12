import ArgumentParser
import XenToolstack
import YajlJSON

struct SetParametersCommand: XLCommand {
    static let configuration = named(
        "set-parameters", "Set hypervisor parameters", usage: "[--json] <Params>",
        discussion: """
            One word with the parameters as on the hypervisor's command line, with blanks between them:
              xl set-parameters "loglvl=all guest_loglvl=info"
            Those that can be changed while it runs are named when another is given.
            """)

    @Flag(help: "Print what was set as a JSON document.") var json = false
    @Argument(help: "name=value, name for yes, or noname for no.") var parameters: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let changes = ParameterChange.parse(parameters)
        try context.toolstack.setParameters(changes)
        if json { try Output.print(json: Self.document(changes)) }
        return .success
    }

    static func document(_ changes: [ParameterChange]) -> JSONValue {
        .array(changes.map { .object([("name", .string($0.name)), ("value", .string($0.value))]) })
    }
}
