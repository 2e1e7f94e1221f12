import Glibc
import SystemPackage
import XenStore
import XenTypes

/// Runs the scripts as upstream does: standard input from nowhere, everything they print on standard error.
public struct ScriptRunner: HotplugRunner {
    private let store: StoreConnection
    private let limit: Duration
    /// For how long a script whose result nobody wants any more may go on.
    private static let grace = Duration.seconds(10)

    public init(store: StoreConnection, timeouts: Timeouts) {
        self.store = store
        limit = timeouts.hotplugScript
    }

    public func run(_ script: HotplugScript) async throws(ToolstackError) {
        try await run(
            FilePath(script.path), script.arguments, script.environment, for: script.device.domain,
            words: script.device.backend / "hotplug-error")
    }

    /// - Parameters:
    ///   - environment: added to the toolstack's.
    ///   - words: where the script leaves what the toolstack is to show of a failure.
    func run(
        _ path: FilePath, _ arguments: [String], _ environment: [String: String], for domain: DomainID,
        words: StorePath
    ) async throws(ToolstackError) {
        let summary = ([path.string] + arguments).joined(separator: " ")
        func said() -> String? { (try? store.read(words)) ?? nil }
        var plan = ChildProcess.Plan(path, arguments)
        plan.environment = environment
        plan.output = .descriptor(.standardError)
        // A group of its own, so that a script that must be stopped ends with all that it started.
        plan.group = .own
        let process = try ChildProcess.start(plan)
        let status: ChildProcess.ExitStatus?
        do {
            // Stopped half-way, a script has connected what its own removal does not find: the loop device is there,
            // and its name not yet in the store.
            status = try await process.finish(within: limit, grace: min(limit, Self.grace))
        } catch {
            throw ToolstackError(.aborted, "cannot finish \(summary)", domain: domain)
        }
        guard let status else {
            throw ToolstackError(
                .timedOut, "cannot finish \(summary) within \(limit)", domain: domain, cause: said())
        }
        guard status.isSuccess else {
            let words = said().map { ": \($0)" } ?? ""
            throw ToolstackError(
                .fail, "cannot run \(summary)", domain: domain, cause: "it \(status)\(words)",
                remedy: "see /var/log/xen/xen-hotplug.log")
        }
    }
}
