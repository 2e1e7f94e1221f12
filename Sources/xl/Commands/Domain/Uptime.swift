import ArgumentParser
import Glibc
import XenToolstack
import YajlJSON

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

/// The table, the short lines and the document of `xl uptime`.
enum UptimeText {
    static func table(_ uptimes: [DomainUptime]) -> String {
        let header = "Name".padded(to: 33) + "   ID Uptime"
        let rows = uptimes.map { uptime in
            uptime.name.shownName.padded(to: 33) + " " + uptime.domain.rawValue.rightAligned(to: 4) + " "
                + duration(uptime.seconds, isShort: false)
        }
        return ([header] + rows).joined(separator: "\n")
    }

    /// A line a domain, in the form of uptime(1).
    ///
    /// - Parameter clock: the time of day as "23:59:59".
    static func lines(_ uptimes: [DomainUptime], clock: String) -> [String] {
        uptimes.map {
            " \(clock) up \(duration($0.seconds, isShort: true)), \($0.name.shownName) (\($0.domain))"
        }
    }

    static func duration(_ seconds: UInt64, isShort: Bool) -> String {
        let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60)
        var text = days == 0 ? "" : days == 1 ? "1 day, " : "\(days) days, "
        text += hours.rightAligned(to: 2) + ":" + twoDigits(minutes)
        return isShort ? text : text + ":" + twoDigits(seconds % 60)
    }

    private static func twoDigits(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// The local time of day.
    static func clock(_ now: Int) -> String {
        var seconds = time_t(now)
        var fields = tm()
        localtime_r(&seconds, &fields)
        return [fields.tm_hour, fields.tm_min, fields.tm_sec].map { twoDigits(UInt64(clamping: $0)) }
            .joined(separator: ":")
    }

    static func document(_ uptimes: [DomainUptime]) -> JSONValue {
        .array(
            uptimes.map {
                .object([
                    ("domid", .count($0.domain.rawValue)), ("name", .text($0.name)), ("uptime_s", .count($0.seconds)),
                ])
            })
    }
}
