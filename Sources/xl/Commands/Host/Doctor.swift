import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct DoctorCommand: XLCommand {
    static let configuration = named(
        "doctor", "Find what is wrong with this host, and mend it", usage: "[options] [<Domain>]",
        discussion: """
            Looks for what killed commands, crashed guests and lost connections left behind, whichever xl's they \
            were, and for what dom0 lacks. Says of each what it is, since when and by whom as far as can be known, and \
            what mends it. Without --fix nothing is changed. What need not be wrong, such as a loop device that nothing \
            uses, is told as a note.
            With --fix it mends what is certain: what no process can be at work on, and what it has found twice. What \
            needs a decision, such as watching over a domain again or letting one go on that a killed save suspended, \
            it does for a domain that is named.
            The exit code is 0 when nothing is wrong, or nothing any more, whatever notes there are; 1 when something \
            is; 2 when the host cannot be looked at.
            Unfinished files of saves are looked for in /var/lib/xen, its directories save and dump, and where the \
            command is given.
            What is looked for, by the code that is shown:
            \(Ailment.all.map { "  \($0.code): \($0.summary)" }.joined(separator: "\n"))
            """)
    static let isUpstream = false

    @Flag(help: "Mend what can be mended with certainty.") var fix = false
    @Flag(help: "Print the findings as a JSON document.") var json = false
    @Argument(help: "Only what concerns this domain: name, number or UUID, or the number of one that is no more.")
    var domain: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let domain = try domain.map { text in try Self.number(text) ?? toolstack.findDomain(text) }
        let doctor = Doctor(toolstack, domain: domain, saves: Self.currentDirectory.map { [$0] } ?? [])
        var report = Doctor.Report()
        if fix {
            report = try await TerminationSignals.cancelling { [json] in
                try await doctor.treat(startMonitor: { try await MonitorProcess.spawn(for: $0, toolstack) }) {
                    guard !json else { return }
                    Output.print(DoctorText.line($0))
                    Output.flush()
                }
            }
        } else {
            report.findings = try doctor.examine()
        }
        if json {
            try Output.print(json: DoctorJSON.document(report, now: time(nil)))
        } else if !report.findings.isEmpty {
            Output.print(DoctorText.text(report.findings))
        }
        return report.findings.contains { $0.severity == .problem } ? .failure : .success
    }

    static func exitStatus(for error: any Error) -> ExitStatus { .usage }

    /// A number, also one that no domain has any more.
    private static func number(_ text: String) -> DomainID? {
        guard let number = UInt32(text), "\(number)" == text, DomainID(number).isReal else { return nil }
        return DomainID(number)
    }

    private static var currentDirectory: FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return nil }
        return FilePath(platformString: buffer)
    }
}
