import Glibc
import SystemPackage
import XenStore
import XenTypes

extension Toolstack {
    /// Where `xen-9pfsd` tells about itself.
    private static let p9DaemonNode = DomainPaths(.control).guest / "libxl/xen-9pfs"

    /// Starts `xen-9pfsd` unless it runs: one process serves all shares that it is asked for, and stays.
    func startP9Daemon(for domain: DomainID) async throws(ToolstackError) {
        let node = Self.p9DaemonNode
        let log = LogFile("xen-9pfsd", in: paths.log)
        guard try !isP9DaemonRunning() else { return }
        var plan = ChildProcess.Plan(paths.libexec.appending("xen-9pfsd"), [])
        let output = try log.open()
        defer { try? output.close() }
        plan.output = .descriptor(output)
        plan.error = .descriptor(output)
        plan.group = .session
        let process = try ChildProcess.start(plan)
        do throws(ToolstackError) {
            do { try store.write(node / "pid", "\(process.id)") } catch {
                throw ToolstackError(.fail, "cannot record xen-9pfsd", domain: domain, underlying: error)
            }
            try await waitUntilReady(process, "xen-9pfsd", of: domain, log) { [self] in
                try await awaitState(node / "state", of: "xen-9pfsd", domain, within: timeouts.deviceModelStart)
            }
        } catch {
            await process.stop()
            forget(process)
            throw error
        }
    }

    /// Takes back what is recorded of a daemon that does not run, unless another one's record is in its place.
    private func forget(_ daemon: ChildProcess) {
        logFailure("forget xen-9pfsd") {
            guard try store.read(Self.p9DaemonNode / "pid") == "\(daemon.id)" else { return }
            try store.remove(Self.p9DaemonNode)
        }
    }

    /// Forgets what a daemon has left that is no more.
    private func isP9DaemonRunning() throws(ToolstackError) -> Bool {
        let node = Self.p9DaemonNode
        do {
            guard try store.exists(node / "state") else { return false }
            if let id = try store.read(node / "pid").flatMap({ pid_t($0) }), kill(id, 0) == 0 || errno == EPERM {
                return true
            }
            try store.remove(node / "state")
            return false
        } catch {
            throw ToolstackError(.fail, "cannot look for xen-9pfsd", underlying: error)
        }
    }
}
