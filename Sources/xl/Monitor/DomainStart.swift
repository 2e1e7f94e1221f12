import DomainConfig
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// What `create` does once the configuration is known: the domain, its console and display, and its monitor.
struct DomainStart: Sendable {
    var configuration: DomainConfiguration
    var options: CreateOptions
    var connectsConsole = false
    var connectsDisplay = false
    var passesPassword = false
    var staysPaused = false
    var staysInForeground = false
    var hasMonitor = true
    let context: CommandContext

    init(_ configuration: DomainConfiguration, global: GlobalConfig, in context: CommandContext) {
        self.configuration = configuration
        self.context = context
        options = CreateOptions(global, context)
    }

    private var toolstack: Toolstack { context.toolstack }

    /// Creates the domain and lets it run. When this is interrupted or fails, nothing of the domain is left.
    ///
    /// - Returns: when the monitor watches over the domain; with `staysInForeground`, after the domain's end.
    func run() async throws -> ExitStatus {
        let console = connectsConsole ? ConsoleClient(toolstack) : nil
        let signals = TerminationSignals()
        defer { signals.stop() }
        let work = Task(executorPreference: EventLoop.shared.preference) { try await start(console) }
        signals.start { work.cancel() }
        let domain: DomainID
        do {
            domain = try await work.value
        } catch {
            console?.stop()
            if let signal = signals.received { signals.die(of: signal) }
            throw error
        }
        signals.stop()
        if connectsDisplay { try DisplayViewer(toolstack).start(for: domain, passesPassword: passesPassword) }
        if hasMonitor, staysInForeground { return await Monitor(domain: domain, context: context).run() }
        await console?.waitForEnd()
        return .success
    }

    private func start(_ console: ConsoleClient?) async throws -> DomainID {
        var options = options
        if let console { options.consoleAvailable = { console.start(for: $0) } }
        let domain = try await toolstack.create(configuration, options: options).domain
        do {
            try await console?.waitUntilAttached()
            // Before the guest runs, so that nothing has happened yet that an interruption could not take back.
            if hasMonitor, !staysInForeground { try await MonitorProcess.spawn(for: domain, toolstack) }
            try Task.checkCancellation()
            if !staysPaused { try await toolstack.unpause(domain, isNew: true) }
            return domain
        } catch {
            try? await toolstack.destroy(domain)
            throw error
        }
    }
}

extension CreateOptions {
    /// What xl.conf says about creating domains.
    init(_ global: GlobalConfig, _ context: CommandContext) {
        self.init()
        numbering = global.domainIDPolicy == .random ? .random : .next
        lockFile = FilePath(global.lockFile)
        balloonsControlDomain = global.isAutoballoonOn(
            hypervisorCommandLine: (try? context.toolstack.hypervisor.version())?.commandLine)
    }
}
