import Glibc
import SystemPackage
import XenStore
import XenTypes

/// Runs the scripts as upstream does: standard input from nowhere, everything they print on standard error.
package struct ScriptRunner: HotplugRunner {
    private let toolstack: Toolstack
    private var limit: Duration { toolstack.timeouts.hotplugScript }
    /// Whether a script holds a lock of its guest's, for which the destruction of that guest waits.
    private let locksGuest: Bool

    /// - Parameter locksGuest: false in a driver domain, which knows no guest's UUID and destroys none.
    package init(_ toolstack: Toolstack, locksGuest: Bool = true) {
        self.toolstack = toolstack
        self.locksGuest = locksGuest
    }

    package func run(_ script: HotplugScript) async throws(ToolstackError) {
        try await run(
            FilePath(script.path), script.arguments, script.environment, for: script.device.domain,
            words: script.device.backend / "hotplug-error", needsLock: script.action == .connect)
    }

    /// - Parameters:
    ///   - environment: added to the toolstack's.
    ///   - words: where the script leaves what the toolstack is to show of a failure.
    ///   - needsLock: whether the script must not run where the lock cannot be had that says of a script that it runs.
    ///     One that takes something off the host must run all the same: nobody else would.
    func run(
        _ path: FilePath, _ arguments: [String], _ environment: [String: String], for domain: DomainID,
        words: StorePath, needsLock: Bool = true
    ) async throws(ToolstackError) {
        let summary = ([path.string] + arguments).joined(separator: " ")
        func said() -> String? { ((try? toolstack.store.read(words)) ?? nil)?.excerpt }
        var plan = ChildProcess.Plan(path, arguments)
        plan.environment = environment
        plan.output = .descriptor(.standardError)
        // A group of its own, so that a script that must be stopped ends with all that it started.
        plan.group = .own
        let lock = locksGuest ? try shareLock(of: domain, isNeeded: needsLock) : nil
        defer { lock?.release() }
        plan.passedDescriptors = lock.map { [$0.file] } ?? []
        let process = try ChildProcess.start(plan)
        let status: ChildProcess.ExitStatus?
        do {
            // Stopped half-way, a script has connected what its own removal does not find: the loop device is there,
            // and its name not yet in the store.
            status = try await process.finish(within: limit, grace: min(limit, toolstack.timeouts.hotplugGrace))
        } catch {
            throw ToolstackError(.aborted, "cannot finish \(summary)", domain: domain)
        }
        guard let status else {
            let words = process.reap() == nil ? "it waits in the kernel, and cannot even be killed" : said()
            throw ToolstackError(
                .timedOut, "cannot finish \(summary) within \(limit)", domain: domain, cause: words,
                remedy: process.reap() == nil ? "ps shows process \(process.id) in state D" : nil)
        }
        guard status.isSuccess else {
            let words = said().map { ": \($0)" } ?? ""
            throw ToolstackError(
                .fail, "cannot run \(summary)", domain: domain, cause: "it \(status)\(words)",
                remedy: "see /var/log/xen/xen-hotplug.log",
                evidence: .init(log: toolstack.paths.log.appending("xen-hotplug.log")), reason: .hotplugFailed)
        }
    }

    /// - Returns: nil for a domain that is gone, and where the lock cannot be had and is not needed.
    private func shareLock(of domain: DomainID, isNeeded: Bool) throws(ToolstackError) -> FileLock? {
        do throws(ToolstackError) {
            return try toolstack.scriptsLock(of: domain).map { path throws(ToolstackError) in try FileLock.share(path) }
        } catch {
            guard !isNeeded else { throw error }
            toolstack.logger.debug("a script for domain \(domain) runs without a lock: \(error)")
            return nil
        }
    }
}

extension Toolstack {
    /// The lock that scripts hold while they run for a domain's devices; nil for a domain that is gone.
    fileprivate func scriptsLock(of domain: DomainID) throws(ToolstackError) -> FilePath? {
        do {
            return try hypervisor.info(of: domain).map {
                UserData(of: domain, uuid: $0.uuid, paths: paths).path(of: .scripts)
            }
        } catch {
            throw ToolstackError(.fail, "cannot look up domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// Waits for scripts that still run for a domain's devices although the `xl` that started them was killed: what
    /// they have not yet made, nobody can take away.
    func awaitScripts(of domain: DomainID) async {
        do throws(ToolstackError) {
            guard let path = try scriptsLock(of: domain), access(path.string, F_OK) == 0 else { return }
            try await FileLock.acquire(path, within: timeouts.hotplugScript).release()
        } catch {
            logger.warning("a script still runs for a device of domain \(domain): \(error)")
        }
    }
}
