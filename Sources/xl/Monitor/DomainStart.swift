import DomainConfig
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// What `create` and `restore` do once the configuration is known: the domain, its console and display, and its monitor.
struct DomainStart: Sendable {
    private let configuration: DomainConfiguration
    var options: CreateOptions
    /// Called when the domain has been made, or could not be made.
    var created: (@Sendable () async -> Void)?
    private let connectsConsole: Bool
    private let connectsDisplay: Bool
    private let passesPassword: Bool
    private let staysPaused: Bool
    private let staysInForeground: Bool
    private let hasMonitor: Bool
    private let context: CommandContext

    init(
        _ configuration: DomainConfiguration, _ flags: StartFlags, global: GlobalConfig, in context: CommandContext
    ) {
        self.configuration = configuration
        self.context = context
        options = CreateOptions(global, on: context.toolstack)
        connectsConsole = flags.connectsConsole
        connectsDisplay = flags.connectsDisplay || flags.passesPassword
        passesPassword = flags.passesPassword
        staysPaused = flags.staysPaused
        staysInForeground = flags.staysInForeground
        hasMonitor = !flags.hasNoMonitor
    }

    private var toolstack: Toolstack { context.toolstack }

    /// What `start` would do, apart from the monitor.
    func plan() async throws -> CreatePlan {
        var plan = try await toolstack.plan(configuration, options: options)
        if !staysPaused { plan.steps.append(.unpause) }
        return plan
    }

    /// Creates the domain and lets it run. When this is interrupted or fails, nothing of the domain is left.
    ///
    /// - Returns: when the monitor watches over the domain; with `staysInForeground`, after the domain's end.
    func run() async throws -> ExitStatus {
        let console = connectsConsole ? ConsoleClient(toolstack) : nil
        let domain = try await TerminationSignals.cancelling { [self] in
            do {
                return try await start(console)
            } catch {
                console?.stop()
                throw error
            }
        }
        if connectsDisplay { try DisplayViewer(toolstack).start(for: domain, passesPassword: passesPassword) }
        if hasMonitor, staysInForeground { return await Monitor(domain: domain, context: context).run() }
        await console?.waitForEnd()
        return .success
    }

    /// Creates the domain and lets it run, watched by its monitor. When this is cancelled or fails, nothing of the
    /// domain is left.
    func start(_ console: ConsoleClient? = nil) async throws -> DomainID {
        var options = options
        if let console { options.consoleAvailable = { console.start(for: $0) } }
        let domain: DomainID
        do {
            domain = try await toolstack.create(configuration, options: options).domain
            await created?()
        } catch {
            await created?()
            throw error
        }
        do {
            try await console?.waitUntilAttached()
            // Before the guest runs, so that nothing has happened yet that an interruption could not take back.
            if hasMonitor, !staysInForeground { try await MonitorProcess.spawn(for: domain, toolstack) }
            try Task.checkCancellation()
            // The QEMU of a domain that was saved is as it was then: stopped.
            if !staysPaused { try await toolstack.unpause(domain, isNew: options.image == nil) }
            context.hasActed(on: domain)
            return domain
        } catch {
            await toolstack.discard(domain)
            throw error
        }
    }
}
