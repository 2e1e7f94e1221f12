import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack

struct DriverDomainCommand: XLCommand {
    static let configuration = named(
        "devd", "Daemon that listens for devices and launches backends",
        discussion: """
            It runs in a driver domain: one that provides disks, network cards or shares to others (backend= in their \
            configurations), and that has driver_domain=1 in its own. It runs the hotplug scripts of its backends, starts \
            QEMU for disk images, and takes away what the guests have no more. It needs xenstore only, and no rights over \
            other domains. Started again, it goes on where it was; devices stay while it does not run.

            Without -F it goes into the background once it watches, and says what it has to say in \
            /var/log/xen/xldevd.log.
            """)

    /// The environment variable that makes this the process in the background.
    private static let variable = "XL_DEVD"

    @Flag(name: .customShort("F"), help: "Stay in the foreground.") var isForeground = false
    @Option(
        name: [.customShort("p"), .customLong("pidfile")],
        help: "Write the process's number into this file, which no second one can take.")
    var pidFile: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let isDaemon = getenv(Self.variable) != nil
        unsetenv(Self.variable)
        guard isDaemon || isForeground else {
            try await startDaemon(context.toolstack)
            return .success
        }
        let announce = StayingProcess.readiness()
        let file = try pidFile.map { path throws(ToolstackError) in try PIDFile(path) }
        defer { file?.remove() }
        if isDaemon { StayingProcess.settle() }
        return try await serve(context, announce)
    }

    private func startDaemon(_ toolstack: Toolstack) async throws {
        var plan = ChildProcess.Plan(StayingProcess.program)
        plan.arguments = CommandLine.arguments
        plan.environment = [Self.variable: "1"]
        try await StayingProcess.start(
            plan, log: LogFile("xldevd", in: toolstack.paths.log), within: toolstack.timeouts.monitorStart, as: "devd")
    }

    /// Until a signal asks it to end, which is no failure.
    private func serve(
        _ context: CommandContext, _ announce: @escaping @Sendable () -> Void
    ) async throws -> ExitStatus {
        let driver = try DriverDomain(context.toolstack)
        if driver.domain == .control {
            Output.warning("this is the control domain, whose xl connects devices itself; devd does so a second time")
        }
        let log = StayingProcess.log(in: context.toolstack.paths.log)
        let signals = TerminationSignals()
        defer { signals.stop() }
        let work = Task(executorPreference: EventLoop.shared.preference) { try await driver.run(ready: announce) }
        let upkeep = Task(executorPreference: EventLoop.shared.preference) {
            if let log { await LogFile.keepSmall([log]) }
        }
        defer { upkeep.cancel() }
        signals.start { work.cancel() }
        do { try await work.value } catch { if signals.received == nil { throw error } }
        return .success
    }
}
