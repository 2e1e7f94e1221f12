import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct QEMUMonitorCommand: XLCommand {
    static let configuration = named(
        "qemu-monitor-command", "Issue a qemu monitor command to the device model of a domain",
        discussion: "The command is one of QEMU's human monitor: 'help' lists them.")

    @Flag(help: "Print the answer in a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The command with its arguments, as one word.") var command: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let answer = try await toolstack.humanMonitor(command, of: target)
        if json {
            try Output.print(json: Self.document(target, command, answer))
        } else {
            Output.print(bytes: (Self.printable(answer) + "\n").unescapedBytes)
        }
        return .success
    }

    static func document(_ domain: DomainID, _ command: String, _ answer: String) -> JSONValue {
        .object([
            ("domid", .count(domain.rawValue)), ("command", .string(command)), ("answer", .string(answer)),
        ])
    }

    /// The answer with its lines and tabs, but nothing else that would steer the terminal.
    static func printable(_ answer: String) -> String {
        answer.escapingControls(but: ["\n", "\r", "\t"])
    }
}
