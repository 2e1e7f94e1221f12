import SystemPackage
import XenStore
import XenTypes

/// The QEMU that serves a guest's disk images and shares from a driver domain. It has no guest's configuration, and
/// tells about itself below the driver domain's own home, since that is all that it can write to.
struct BackendModel: Sendable {
    let toolstack: Toolstack
    /// The driver domain, in which this runs.
    let host: DomainID
    let guest: DomainID

    private var home: StorePath { DomainPaths(host).guest }
    private var node: StorePath { home / "device-model" / guest }
    /// What the driver domain's toolstack keeps about the guest.
    private var notes: StorePath { home / "libxl" / guest }
    /// Upstream's name, whose `devd` takes up the process, too.
    private var processPath: StorePath { notes / "qdisk-backend-pid" }
    private var log: LogFile { LogFile("qdisk-\(guest)", in: toolstack.paths.log) }

    static func arguments(for guest: DomainID) -> [String] {
        [
            "-xen-domid", "\(guest)", "-xen-attach", "-name", "domain-\(guest)", "-nographic", "-M", "xenpv",
            "-monitor", "/dev/null", "-serial", "/dev/null", "-parallel", "/dev/null",
        ]
    }

    /// Starts it and returns when it says that it runs.
    func start() async throws(ToolstackError) -> ChildProcess {
        if let problem = DeviceModelPlan.problem(with: toolstack.paths.qemu) { throw problem }
        do { try store.remove(node) } catch { throw unwritable(error) }
        let output = try log.open()
        defer { try? output.close() }
        var plan = ChildProcess.Plan(toolstack.paths.qemu, Self.arguments(for: guest))
        plan.output = .descriptor(output)
        plan.error = .descriptor(output)
        plan.group = .session
        let process = try ChildProcess.start(plan)
        do throws(ToolstackError) {
            do { try store.write(processPath, "\(process.id)") } catch { throw unwritable(error) }
            try await toolstack.waitUntilReady(process, "the device model", of: guest, log) { [self] in
                try await toolstack.awaitState(
                    node / "state", of: "the device model", guest, within: toolstack.timeouts.deviceModelStart)
            }
        } catch {
            await process.stop()
            forget()
            throw error
        }
        return process
    }

    private var store: StoreConnection { toolstack.store }

    private func unwritable(_ error: StoreError) -> ToolstackError {
        ToolstackError(
            .fail, "cannot record the device model of domain \(guest)", domain: guest, underlying: error,
            remedy: "a domain that serves disk images needs driver_domain=1 in its configuration")
    }

    /// A descriptor of the process that is on record, whoever started it; nil when it does not run.
    func process() -> FileDescriptor? {
        guard let id = ((try? store.read(processPath)) ?? nil).flatMap({ Int32($0) }), id > 0 else { return nil }
        return HostProcess.open(id) { DeviceModelPlan.isCommandLine($0, of: guest) }
    }

    /// Whether one serves the guest: this one, or where this is the control domain, the guest's own device model.
    var isRunning: Bool {
        if let process = process() {
            try? process.close()
            return true
        }
        return host == .control && toolstack.isDeviceModelRunning(for: guest)
    }

    func stop() async {
        guard let process = process() else { return forget() }
        await toolstack.end(process)
        try? process.close()
        forget()
    }

    private func forget() {
        for path in [node, notes] {
            toolstack.logFailure("remove \(path)") { try store.remove(path) }
        }
    }
}
