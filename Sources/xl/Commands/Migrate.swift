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
            failure lets it go on here.
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
    @Flag(inversion: .prefixedNo, help: "Send memory while the guest runs, or else suspend it first.")
    var live = true
    @OptionGroup var limits: PrecopyFlags
    @Flag(name: .customLong("check"), help: "Say what speaks against it, and migrate nothing.")
    var isCheckOnly = false
    @Flag(help: "Do not look for what speaks against it.")
    var skipCheck = false
    @Flag(help: "Print what was done as a JSON document, and what happens as lines of JSON on standard error.")
    var json = false
    @Argument(help: "Name, number or UUID of the domain.") var domain: String
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
            let status = try await check(id, configuration, RemoteCheck(command: way.check), in: context)
            if isCheckOnly || status != .success { return status }
        }
        return try await migrate(id, configuration, way, in: context)
    }

    /// Says what speaks against it.
    private func check(
        _ id: DomainID, _ configuration: DomainConfiguration, _ check: RemoteCheck, in context: CommandContext
    ) async throws -> ExitStatus {
        try context.toolstack.checkSavable(id)
        let findings = try await TerminationSignals.cancelling {
            try await check.run(id, configuration, in: context.toolstack)
        }
        let status = findings.problems.isEmpty ? ExitStatus.success : .failure
        if isCheckOnly {
            if json {
                try Output.print(json: RemoteCheck.document(findings, domain: id, host: host))
            } else {
                for line in RemoteCheck.lines(findings) { Output.print(line) }
                let verb = status == .success ? "can" : "cannot"
                Output.print("Domain \(domain) \(verb) migrate to \(host).".escapingControls)
            }
            return status
        }
        // Nothing is said of what could not be looked at: with upstream's xl there, that is all.
        for finding in findings.warnings { Output.warning("\(finding.subject): \(finding.text)".escapingControls) }
        for finding in findings.problems { Output.error("\(finding.subject): \(finding.text)".escapingControls) }
        if status != .success {
            Output.plainError("Domain \(domain) cannot migrate to \(host); --skip-check tries nevertheless.")
        }
        return status
    }

    private func migrate(
        _ id: DomainID, _ configuration: DomainConfiguration, _ way: MigrationWay.Commands, in context: CommandContext
    ) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let display = MigrationDisplay(isJSON: json, options: context.options)
        var options = MigrationOptions()
        options.verifies = debug
        options.isLive = live
        options.limits = limits.limits
        options.bandwidth = limits.bytesPerSecond
        options.report = { display.show($0) }
        if let inquiry = way.inquiry { options.inquire = MigrationInquiry.asker(inquiry) }
        // A receiver that ends must be an error here, and not this program's end.
        signal(SIGPIPE, SIG_IGN)
        let (host, receiver, inquiry) = (host, way.receiver, way.inquiry)
        do {
            let isThrottling = options.limits.busy == .throttle
            let summary = try await TerminationSignals.cancelling { [options] in
                defer { display.finish() }
                var options = options
                let throttle = isThrottling ? try Throttling(id, toolstack) : nil
                defer { throttle?.end() }
                options.throttle = { tenths in throttle?.slow(by: tenths) }
                let transport = try MigrationTransport(receiver)
                do {
                    let summary = try await toolstack.migrate(
                        id, through: transport.connection, configuration: configuration, options: options, to: host,
                        inquiry: inquiry)
                    await transport.close()
                    return summary
                } catch {
                    display.show(end: await transport.close(), of: transport)
                    throw error
                }
            }
            display.succeed()
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

/// A guest's throttle, and who gives the guest its time back should this process be killed.
private struct Throttling: Sendable {
    private let throttle: GuestThrottle
    private let keeper: Keeper

    init(_ domain: DomainID, _ toolstack: Toolstack) throws {
        throttle = try GuestThrottle(toolstack, domain)
        keeper = try Keeper(.throttle(toolstack.info(of: domain).uuid, cap: throttle.originalCap))
    }

    func slow(by tenths: Int) { throttle.slow(by: tenths) }

    func end() {
        throttle.restore()
        keeper.release()
    }
}

/// How the other host is reached.
struct MigrationWay: ParsableArguments {
    @Option(
        name: .customShort("s"),
        help: """
            Use <sshcommand> instead of ssh. It is passed to sh as it is. If empty, <host> is itself the command that \
            is run, instead of ssh <host> xl migrate-receive.
            """)
    var sshcommand = "ssh"

    func validate(host: String) throws {
        guard sshcommand.isEmpty || !host.hasPrefix("-") else {
            throw ValidationError("'\(host)' is no host: it would be an option of \(sshcommand)")
        }
    }

    /// What `sh -c` is to run. Nil where nobody knows how to reach another `xl` there.
    struct Commands: Sendable {
        var receiver: String
        /// The beginning of what asks later what became of the domain.
        var inquiry: String?
        var check: String?
    }

    /// - Parameter words: what follows `migrate-receive`, with a space before it.
    func commands(to host: String, _ options: GlobalOptions, words: String) -> Commands {
        guard !sshcommand.isEmpty else { return Commands(receiver: host) }
        let base = "exec \(sshcommand) \(MigrationTransport.quoted(host)) xl"
        let terminal = Progress.isShown(options) ? " -t" : ""
        let verbosity = options.verbosity == 0 ? "" : " -" + String(repeating: "v", count: min(options.verbosity, 3))
        let receiver =
            base + terminal + (options.hasTimestamps ? " -T" : "") + verbosity + " migrate-receive" + words
        return Commands(receiver: receiver, inquiry: base + " migrate-state", check: base + " migrate-check")
    }
}

/// How long memory is sent while the guest runs.
struct PrecopyFlags: ParsableArguments {
    enum Reaction: String, ExpressibleByArgument, CaseIterable { case stop, abort, throttle }

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Suspend the guest when the rest can be sent in so many milliseconds.", valueName: "ms"))
    var maxDowntime: UInt32?
    @Option(name: .long, help: "Send memory in at most so many rounds while the guest runs.")
    var maxIterations: UInt32 = PrecopyLimits().iterations
    @Option(
        name: .long, help: ArgumentHelp("Suspend the guest when fewer pages than this are left.", valueName: "pages"))
    var minRemaining = PrecopyLimits().remaining
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Begin no further round when so many seconds are over.", valueName: "seconds"))
    var timeout: UInt32?
    @Option(
        name: .long,
        help: """
            What to do when the rounds or the time are over and --max-downtime cannot be kept: stop (suspend the guest \
            nevertheless), abort (give up; the guest goes on here), or throttle (give it less and less processor time, and \
            go on; suspend it when that does not help either).
            """)
    var ifBusy = Reaction.stop
    @Option(
        name: .long,
        help: ArgumentHelp("Send at most so many megabytes (of 1000000 bytes) a second.", valueName: "MB/s"))
    var bandwidth: UInt32?

    func validate() throws {
        guard bandwidth != 0 else { throw ValidationError("--bandwidth must be at least 1") }
    }

    var limits: PrecopyLimits {
        var limits = PrecopyLimits()
        limits.iterations = maxIterations
        limits.remaining = minRemaining
        limits.downtime = maxDowntime.map { .milliseconds($0) }
        limits.timeout = timeout.map { .seconds($0) }
        limits.busy = PrecopyLimits.Busy(rawValue: ifBusy.rawValue) ?? .stop
        return limits
    }

    var bytesPerSecond: UInt64? { bandwidth.map { UInt64($0) * 1_000_000 } }
}
