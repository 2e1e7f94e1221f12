import ArgumentParser
import XenToolstack
import YajlJSON

struct DMesgCommand: XLCommand {
    static let configuration = named("dmesg", "Read and/or clear dmesg buffer")

    @Flag(name: [.short, .long], help: "Empty the buffer after reading it.") var clear = false
    @Flag(help: "Print the lines as a JSON document.") var json = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let bytes = try context.toolstack.hypervisorLog(clears: clear)
        if json {
            try Output.print(json: Self.document(bytes))
        } else {
            Output.print(bytes: bytes)
        }
        return .success
    }

    static func document(_ bytes: [UInt8]) -> JSONValue {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let whole = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
        return .object([("lines", .array(whole.map { .string(String(decoding: $0, as: UTF8.self)) }))])
    }
}

struct DebugKeysCommand: ActingCommand {
    static let configuration = named(
        "debug-keys", "Send debug keys to Xen",
        discussion: "The hypervisor answers in its log: 'xl debug-keys h; xl dmesg' lists the keys.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Keys, one after the other.") var keys: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.toolstack.sendDebugKeys(keys)
        return .success
    }
}

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
