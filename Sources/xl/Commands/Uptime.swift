import ArgumentParser
import Glibc
import XenToolstack

struct UptimeCommand: XLCommand {
    static let configuration = named("uptime", "Print uptime for all/some domains")

    @Flag(name: .customShort("s"), help: "Print a line a domain in the form of uptime(1).") var isShort = false
    @Flag(help: "Print them as a JSON document.") var json = false
    @Argument(help: "Only these domains: name, number or UUID.", completion: .domains) var domains: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let now = time(nil)
        let uptimes = try toolstack.uptimes(of: try domains.map { try toolstack.findDomain($0) }, now: now)
        if json {
            try Output.print(json: UptimeText.document(uptimes))
        } else if isShort {
            for line in UptimeText.lines(uptimes, clock: UptimeText.clock(now)) { Output.print(line) }
        } else {
            Output.print(UptimeText.table(uptimes))
        }
        return .success
    }
}
