import ArgumentParser
import DomainModel
import Glibc
import XenToolstack
import XenTypes
import YajlJSON

struct MigrateCommand: XLCommand {
    static let configuration = named(
        "migrate", "Migrate a domain to another host", usage: "[options] <Domain> <host>",
        discussion: """
            Memory is sent while the guest runs, again and again what it has written meanwhile; then it is suspended, \
            the rest is sent, and it goes on at <host>. Until that is allowed to let it run, an interruption or a \
            failure lets it go on here, and so does a line that takes nothing of the suspended guest for 30 seconds. A \
            receiver that gets nothing for ten minutes gives up.

            On a terminal a line shows the round, what is sent and left, the rate, and for how long the guest would stand \
            still if it were suspended now; at the end, what it took.
            """)

    @Option(name: .customShort("C"), help: "Send <config> instead of the domain's configuration.", completion: .file())
    var config: String?
    @OptionGroup var way: MigrationWay
    @Flag(name: .customShort("e"), help: "Do not wait in the background (on <host>) for the death of the domain.")
    var hasNoMonitor = false
    @Flag(name: .customShort("F"), help: "As -e.")
    var staysInForeground = false
    @Flag(name: .customShort("p"), help: "Do not unpause domain after migrating it.")
    var staysPaused = false
    @Flag(name: .customShort("D"), help: "Preserve the domain id.")
    var keepsNumber = false
    @Flag(help: "Send all memory again at the end, and have <host> compare it.")
    var debug = false
    @OptionGroup var transfer: TransferFlags
    @Flag(name: .customLong("check"), help: "Say what speaks against it, and migrate nothing.")
    var isCheckOnly = false
    @Flag(help: "Do not look for what speaks against it.")
    var skipCheck = false
    @Flag(help: "Print what was done as a JSON document, and what happens as lines of JSON on standard error.")
    var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The host, as ssh takes it.") var host: String

    func validate() throws {
        try way.validate(host: host)
        guard !(isCheckOnly && skipCheck) else { throw ValidationError("--check and --skip-check exclude each other") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        let configuration = try await configuration(of: id, in: context)
        let way = way.commands(to: host, context.options, words: receiverOptions)
        if isCheckOnly || !skipCheck {
            let status = try await check(id, configuration, way, in: context)
            if isCheckOnly || status != .success { return status }
        }
        return try await migrate(id, configuration, way, in: context)
    }

    /// Says what speaks against it.
    private func check(
        _ id: DomainID, _ configuration: DomainConfiguration, _ way: MigrationWay.Commands, in context: CommandContext
    ) async throws -> ExitStatus {
        try context.toolstack.checkSavable(id)
        let findings = try await TerminationSignals.cancelling {
            try await way.check(id, configuration, in: context.toolstack)
        }
        let status = findings.problems.isEmpty ? ExitStatus.success : .failure
        if isCheckOnly {
            if json {
                try Output.print(json: MigrationFindingsOutput.document(findings, domain: id, host: host))
            } else {
                for line in MigrationFindingsOutput.lines(findings) { Output.print(line) }
                let verb = status == .success ? "can" : "cannot"
                Output.print("Domain \(domain) \(verb) migrate to \(host).")
            }
            return status
        }
        // Nothing is said of what could not be looked at: with upstream's xl there, that is all.
        for finding in findings.warnings { Output.warning("\(finding.subject): \(finding.text)") }
        for finding in findings.problems { Output.error("\(finding.subject): \(finding.text)") }
        if status != .success {
            Output.plainError("Domain \(domain) cannot migrate to \(host); --skip-check tries nevertheless.")
        }
        return status
    }

    private func migrate(
        _ id: DomainID, _ configuration: DomainConfiguration, _ way: MigrationWay.Commands, in context: CommandContext
    ) async throws -> ExitStatus {
        let display = MigrationDisplay(isJSON: json, options: context.options)
        var options = transfer.options
        options.verifies = debug
        options.report = { display.show($0) }
        let move = GuestMove(
            domain: id, configuration: configuration, host: host, commands: way, options: options)
        do {
            let summary = try await TerminationSignals.cancelling {
                defer { display.finish() }
                return try await move.run(in: context.toolstack) { display.show(end: $1, of: $0) }
            }
            display.succeed(summary)
            if json { try Output.print(json: display.document(summary, domain: id, host: host)) }
            return .success
        } catch {
            display.fail()
            throw error
        }
    }

    var receiverOptions: String {
        (hasNoMonitor || staysInForeground ? " -e" : "") + (debug ? " -d" : "") + (staysPaused ? " -p" : "")
    }

    private func configuration(of id: DomainID, in context: CommandContext) async throws -> DomainConfiguration {
        if let config {
            return try context.configuration(
                path: config, words: [], global: try context.globalConfig(), ignoringMasks: true)
        }
        var configuration = try await context.toolstack.currentConfiguration(of: id)
        configuration.createInfo.domainID = keepsNumber ? id : .control
        return configuration
    }
}
