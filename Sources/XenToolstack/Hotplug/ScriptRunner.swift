import Glibc
import SystemPackage
import XenStore

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
        var plan = ChildProcess.Plan(FilePath(script.path), script.arguments)
        plan.environment = script.environment
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
            throw ToolstackError(.aborted, "cannot finish \(script.summary)", domain: script.device.domain)
        }
        guard let status else {
            throw ToolstackError(
                .timedOut, "cannot finish \(script.summary) within \(limit)", domain: script.device.domain,
                cause: words(of: script))
        }
        guard status.isSuccess else {
            let words = words(of: script).map { ": \($0)" } ?? ""
            throw ToolstackError(
                .fail, "cannot run \(script.summary)", domain: script.device.domain, cause: "it \(status)\(words)",
                remedy: "see /var/log/xen/xen-hotplug.log")
        }
    }

    /// What the script left in the backend for the toolstack to show.
    private func words(of script: HotplugScript) -> String? {
        (try? store.read(script.device.backend / "hotplug-error")) ?? nil
    }
}
