import ArgumentParser
import XenToolstack
import YajlJSON

struct DMesgCommand: XLCommand {
    static let configuration = named("dmesg", "Read and/or clear dmesg buffer")

    @Flag(name: [.short, .long], help: "Empty the buffer after reading it.") var clear = false
    @Flag(help: "Print the lines as a JSON document.") var json = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let bytes = try context.toolstack.hypervisor.consoleRing(clear: clear)
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
