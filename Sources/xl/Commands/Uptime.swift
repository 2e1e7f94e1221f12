import ArgumentParser
import Glibc
import XenToolstack

struct UptimeCommand: XLCommand {
    static let configuration = named("uptime", "Print uptime for all/some domains")

    @Flag(name: .customShort("s"), help: "Print a line a domain in the form of uptime(1).") var isShort = false
    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only these domains: name, number or UUID.", completion: .domains) var domains: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let now = time(nil)
        let uptimes = try toolstack.uptimes(of: try domains.map { try toolstack.findDomain($0) }, now: now)
        try choice.show(asJSON: json, { UptimeText.document(uptimes) }) {
            guard isShort else { return Output.print(UptimeText.table(uptimes)) }
            for line in UptimeText.lines(uptimes, clock: UptimeText.clock(now)) { Output.print(line) }
        }
        return .success
    }
}
