import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// The process that stays behind when `create` returns: `xl` itself, started again in a session of its own, with
/// the command line of the `create` that it belongs to, for there are those who look for it in the process list.
enum MonitorProcess {
    /// The environment variable that makes `xl` the monitor of the domain that it numbers.
    private static let variable = "XL_MONITOR_DOMAIN"
    /// Holds how long the last restart had to wait.
    private static let paceVariable = "XL_MONITOR_PACE"

    /// Starts a domain's monitor and returns when it watches.
    static func spawn(for domain: DomainID, _ toolstack: Toolstack) async throws {
        let name = (try? toolstack.name(of: domain)) ?? "\(domain)"
        let log = LogFile("xl-\(name)", in: toolstack.paths.log)
        try await StayingProcess.start(
            plan(for: domain), log: log, within: toolstack.timeouts.monitorStart,
            as: "the monitor of domain \(domain)", domain: domain)
    }

    /// Becomes the monitor of another domain, in the same process but with fresh memory. Returns only on failure.
    static func replaceSelf(for domain: DomainID, pace: RestartPace) -> Errno {
        var plan = plan(for: domain)
        plan.environment[paceVariable] = "\(pace.seconds)"
        return plan.replaceSelf()
    }

    private static func plan(for domain: DomainID) -> ChildProcess.Plan {
        var plan = ChildProcess.Plan(StayingProcess.program)
        plan.arguments = CommandLine.arguments
        plan.environment = [variable: "\(domain)"]
        return plan
    }

    /// Runs the monitor if this process was started to be one.
    static func runIfWanted() async -> ExitStatus? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        guard let number = UInt32(text), DomainID(number).isReal else { return nil }
        let announce = StayingProcess.readiness()
        let pace = RestartPace(text: getenv(paceVariable).map { String(cString: $0) } ?? "")
        unsetenv(paceVariable)
        StayingProcess.settle()
        let context = CommandContext(options: GlobalOptions())
        var monitor = Monitor(domain: DomainID(number), context: context)
        monitor.isProcess = true
        monitor.pace = pace
        monitor.armed = announce
        return await monitor.run()
    }
}
