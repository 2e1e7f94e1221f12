import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// A process that stays behind when a command returns: `xl` itself, started again in a session of its own.
enum StayingProcess {
    /// Set when somebody waits for a byte on descriptor 3 until the process does its work.
    private static let readyVariable = "XL_MONITOR_READY"
    private static let readyDescriptor = FileDescriptor(rawValue: 3)

    /// Starts one and returns when it says that it does its work.
    ///
    /// - Parameters:
    ///   - plan: of this program, with what tells it to be that process.
    ///   - log: what it says goes there.
    ///   - what: "the monitor of domain 5".
    /// - Throws: `fail` with the log's last lines; the process has ended then.
    static func start(
        _ plan: ChildProcess.Plan, log: LogFile, within limit: Duration, as what: String, domain: DomainID? = nil
    ) async throws {
        let output = try log.open()
        let ready = try Pipe()
        var plan = plan
        plan.environment[readyVariable] = "1"
        plan.output = .descriptor(output)
        plan.error = .descriptor(output)
        plan.passedDescriptors = [ready.writeEnd]
        plan.group = .session
        let process = try ChildProcess.start(plan)
        try? output.close()
        ready.closeWriteEnd()
        do {
            let isReady = try await withDeadline(limit) {
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
            .fail, "cannot start \(what)", domain: domain, cause: log.lastLines(), remedy: "see \(log.path)",
            evidence: log.evidence, reason: .monitorFailed)
    }

    /// In such a process: what says to whoever waits that it does its work.
    static func readiness() -> @Sendable () -> Void {
        guard getenv(readyVariable) != nil else { return {} }
        unsetenv(readyVariable)
        return {
            _ = try? readyDescriptor.writeAll([0])
            try? readyDescriptor.close()
        }
    }

    /// In such a process: lets go of where it was started from, and keeps little memory.
    static func settle() {
        // The terminal that the command was typed into may go away.
        signal(SIGHUP, SIG_IGN)
        chdir("/")
        IdleMemory.limitArenas()
        EventLoop.shared.whenQuiet(for: .seconds(1)) { IdleMemory.release() }
    }

    /// This very program, by its own name where it still has one: that is what the process list shows.
    static var program: FilePath {
        let link = "/proc/self/exe"
        let path = target(of: link)
        return FilePath(access(path, X_OK) == 0 ? path : link)
    }

    /// Where a link leads; empty when that cannot be read.
    private static func target(of link: String) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The log that standard error goes to, if it goes to one.
    static func log(in directory: FilePath) -> LogFile? {
        let path = FilePath(target(of: "/proc/self/fd/2"))
        return path.starts(with: directory) ? LogFile(path: path) : nil
    }
}
