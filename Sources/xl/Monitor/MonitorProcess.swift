import Glibc
import SystemPackage
import XenStore
import XenToolstack
import XenTypes

/// The process that stays behind when `create` returns: `xl` itself, started again in a session of its own, with
/// the command line of the `create` that it belongs to, for there are those who look for it in the process list.
enum MonitorProcess {
    /// The environment variable that makes `xl` the monitor of the domain that it numbers.
    private static let variable = "XL_MONITOR_DOMAIN"
    /// Set when somebody waits for a byte on descriptor 3 until the monitor watches.
    private static let readyVariable = "XL_MONITOR_READY"
    /// Holds how long the last restart had to wait.
    private static let paceVariable = "XL_MONITOR_PACE"
    private static let readyDescriptor = FileDescriptor(rawValue: 3)

    /// Starts a domain's monitor and returns when it watches.
    static func spawn(for domain: DomainID, _ toolstack: Toolstack) async throws {
        let name = (try? toolstack.store.read(DomainPaths(domain).guest / "name")) ?? "\(domain)"
        let log = LogFile("xl-\(name)", in: toolstack.paths.log)
        let output = try log.open()
        let ready = try Pipe()
        var plan = plan(for: domain)
        plan.environment[readyVariable] = "1"
        plan.output = .descriptor(output)
        plan.error = .descriptor(output)
        plan.passedDescriptors = [ready.writeEnd]
        plan.group = .session
        let process = try ChildProcess.start(plan)
        try? output.close()
        ready.closeWriteEnd()
        do {
            let isReady = try await withDeadline(toolstack.timeouts.monitorStart) {
                try await waitUntilReadable(ready.readEnd)
                var byte: [UInt8] = [0]
                return try byte.withUnsafeMutableBytes { try ready.readEnd.read(into: $0) } == 1
            }
            if isReady == true { return }
        } catch {
            await process.stop()
            throw error
        }
        await process.stop()
        throw ToolstackError(
            .fail, "cannot start the monitor of domain \(domain)", domain: domain, cause: log.lastLines(),
            remedy: "see \(log.path)")
    }

    /// Becomes the monitor of another domain, in the same process but with fresh memory. Returns only on failure.
    static func replaceSelf(for domain: DomainID, pace: RestartPace) -> Errno {
        var plan = plan(for: domain)
        plan.environment[paceVariable] = "\(pace.seconds)"
        return plan.replaceSelf()
    }

    private static func plan(for domain: DomainID) -> ChildProcess.Plan {
        var plan = ChildProcess.Plan(ownProgram)
        plan.arguments = CommandLine.arguments
        plan.environment = [variable: "\(domain)"]
        return plan
    }

    /// This very program, by its own name where it still has one: that is what the process list shows.
    static var ownProgram: FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return access(path, X_OK) == 0 ? FilePath(path) : "/proc/self/exe"
    }

    /// The log that standard error goes to, if it goes to one.
    static func ownLog(in directory: FilePath) -> LogFile? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/fd/2", &buffer, buffer.count)
        let path = FilePath(String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self))
        return path.starts(with: directory) ? LogFile(path: path) : nil
    }

    /// Runs the monitor if this process was started to be one.
    static func runIfWanted() async -> ExitStatus? {
        guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
        unsetenv(variable)
        guard let number = UInt32(text), DomainID(number).isReal else { return nil }
        let isAwaited = getenv(readyVariable) != nil
        unsetenv(readyVariable)
        let pace = RestartPace(text: getenv(paceVariable).map { String(cString: $0) } ?? "")
        unsetenv(paceVariable)
        // The terminal that `create` was typed into may go away.
        signal(SIGHUP, SIG_IGN)
        chdir("/")
        IdleMemory.limitArenas()
        let context = CommandContext(options: GlobalOptions())
        var monitor = Monitor(domain: DomainID(number), context: context)
        monitor.isProcess = true
        monitor.pace = pace
        monitor.armed = {
            if isAwaited {
                _ = try? readyDescriptor.writeAll([0])
                try? readyDescriptor.close()
            }
        }
        EventLoop.shared.whenQuiet(for: .seconds(1)) { IdleMemory.release() }
        return await monitor.run()
    }
}
