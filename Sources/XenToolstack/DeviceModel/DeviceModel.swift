import Glibc
import SystemPackage
import XenStore
import XenTypes

extension Toolstack {
    /// Starts QEMU and returns when it says that it runs.
    ///
    /// - Throws: `fail` with its last words when it ends instead, `timedOut` when it says nothing. It has ended then.
    func start(_ plan: DeviceModelPlan) async throws(ToolstackError) {
        if let problem = DeviceModelPlan.problem(with: plan.program) { throw problem }
        try announce(plan)
        let log = LogFile(plan.logName, in: paths.log)
        let process = try await spawn(plan, log)
        do throws(ToolstackError) {
            try record(process, of: plan.domain)
            try await waitUntilRunning(process, plan, log)
            if let state = plan.savedState { try Files.remove(state) }
        } catch {
            await process.stop()
            throw error
        }
    }

    private func spawn(_ plan: DeviceModelPlan, _ log: LogFile) async throws(ToolstackError) -> ChildProcess {
        var opened = [try log.open()]
        defer { for descriptor in opened { try? descriptor.close() } }
        var child = ChildProcess.Plan(plan.program, plan.arguments)
        // The administrator's own limit stands.
        let limit = DeviceModelPlan.consoleLimit.name
        child.environment = plan.environment.filter { $0.key != limit || getenv(limit) == nil }
        child.output = .descriptor(opened[0])
        child.error = .descriptor(opened[0])
        child.group = .session
        if plan.isRestricted {
            opened.append(
                try DeviceModelConfinement.listen(at: DeviceModelPlan.monitorSocket(plan.domain, paths)))
        }
        if let state = plan.savedState { opened.append(try open(state, of: plan.domain)) }
        child.passedDescriptors = Array(opened.dropFirst())
        guard plan.isRestricted else { return try ChildProcess.start(child) }
        try DeviceModelConfinement.makeRoot(DeviceModelPlan.root(plan.domain, paths))
        return try await DeviceModelConfinement.start(child)
    }

    private func open(_ state: FilePath, of domain: DomainID) throws(ToolstackError) -> FileDescriptor {
        do { return try FileDescriptor.open(state, .readOnly, options: .closeOnExec) } catch {
            throw ToolstackError(
                .fail, "cannot start the device model", domain: domain, cause: "its saved state \(state): \(error)")
        }
    }

    /// Writes what the store says of a device model before there is one.
    private func announce(_ plan: DeviceModelPlan) throws(ToolstackError) {
        do {
            try store.transaction { transaction throws(StoreError) in
                // What an earlier one of this number left would pass for an answer. What a saved one kept there has
                // just been put back.
                let node = DeviceModelPlan.storePath(plan.domain)
                try transaction.apply(plan.nodes, removing: [plan.savedState == nil ? node : node / "state"])
            }
        } catch {
            throw ToolstackError(.fail, "cannot announce the device model", domain: plan.domain, underlying: error)
        }
    }

    private func record(_ process: ChildProcess, of domain: DomainID) throws(ToolstackError) {
        do {
            try store.write(DeviceModelPlan.processPath(domain), "\(process.id)")
        } catch {
            throw ToolstackError(.fail, "cannot record the device model", domain: domain, underlying: error)
        }
    }

    private func waitUntilRunning(
        _ process: ChildProcess, _ plan: DeviceModelPlan, _ log: LogFile
    ) async throws(ToolstackError) {
        let domain = plan.domain
        try await waitUntilReady(process, "the device model", of: domain, log, blaming: .deviceModelFailed) { [self] in
            if plan.isRestricted { return try await awaitMonitor(of: plan) }
            try await awaitState(
                DeviceModelPlan.storePath(domain) / "state", of: "the device model", domain,
                within: timeouts.deviceModelStart)
        }
    }

    /// Waits until a node says "running".
    func awaitState(
        _ node: StorePath, of what: String, _ domain: DomainID, within limit: Duration
    ) async throws(ToolstackError) {
        try await wait(for: "\(what) to run", domain: domain, watching: [node], within: limit) {
            [store] () throws -> Observation<Void> in
            let text = try store.read(node)
            return text == "running" ? .reached(()) : .pending(text.map { "state \($0)" } ?? "no state")
        }
    }

    /// Waits until a program that was started is ready. Its end is seen at once, not when the time is up.
    ///
    /// - Parameters:
    ///   - what: "the device model".
    ///   - log: whose last lines an error shows.
    ///   - reason: what is to blame when the program ends.
    func waitUntilReady(
        _ process: ChildProcess, _ what: String, of domain: DomainID, _ log: LogFile,
        blaming reason: ToolstackError.Reason? = nil, _ readiness: @escaping @Sendable () async throws -> Void
    ) async throws(ToolstackError) {
        do {
            let end = try await withThrowingTaskGroup(of: ChildProcess.ExitStatus?.self) { group in
                group.addTask {
                    try await readiness()
                    return nil
                }
                group.addTask { try await process.wait() }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            guard let end else { return }
            throw ToolstackError(.fail, "cannot start \(what)", domain: domain, cause: "it \(end)", reason: reason)
        } catch {
            var failure =
                error as? ToolstackError ?? ToolstackError(.aborted, "cannot start \(what)", domain: domain)
            let words = [failure.cause, log.lastLines()].compactMap(\.self)
            failure.cause = words.isEmpty ? nil : words.joined(separator: ": ")
            failure.remedy = failure.remedy ?? "see \(log.path)"
            failure.evidence = failure.evidence ?? log.evidence
            throw failure
        }
    }

    /// Whether the process that the store names as the domain's device model is one, and runs.
    ///
    /// The host starts the control domain's own, which serves the images that this domain itself looks into. No
    /// process is recorded for it: it counts as running once it has said so.
    func isDeviceModelRunning(for domain: DomainID) -> Bool {
        if domain == .control {
            return (try? store.read(DeviceModelPlan.storePath(.control) / "state")) == "running"
        }
        guard let process = deviceModelProcess(of: domain) else { return false }
        try? process.close()
        return true
    }

    /// - Throws: `fail` with its last words when a device model that had said that it runs has ended since.
    func requireRunning(_ plan: DeviceModelPlan) throws(ToolstackError) {
        guard !isDeviceModelRunning(for: plan.domain) else { return }
        let log = LogFile(plan.logName, in: paths.log)
        throw ToolstackError(
            .fail, "the device model of domain \(plan.domain) has ended", domain: plan.domain, cause: log.lastLines(),
            remedy: "see \(log.path)", evidence: log.evidence, reason: .deviceModelFailed)
    }

    /// Ends the domain's device model, if this host runs one, and removes what it left. Problems are logged.
    ///
    /// Returns when the process is gone: nothing of it writes to the store any more.
    package func stopDeviceModel(of domain: DomainID) async {
        let process = deviceModelProcess(of: domain) ?? unrecordedDeviceModel(of: domain)
        if let user = deviceModelUser(of: domain) {
            do {
                try await DeviceModelReaper.endProcesses(of: user, lock: paths.run.appending("dm-reaper-lock"))
            } catch {
                logger.error("cannot end the processes of user \(user), domain \(domain)'s device model: \(error)")
            }
        }
        if let process {
            await end(process)
            try? process.close()
        }
        await stopMonitorProxy(of: domain)
        logFailure("remove the device model's nodes of domain \(domain)") {
            try store.remove(DeviceModelPlan.storePath(domain))
        }
        for socket in [
            DeviceModelPlan.monitorSocket(domain, paths), DeviceModelPlan.statisticsSocket(domain, paths),
        ] {
            logFailure("remove \(socket)") { try Files.remove(socket) }
        }
        let root = DeviceModelPlan.root(domain, paths)
        logFailure("remove \(root)") { try DeviceModelConfinement.removeRoot(root) }
    }

    func end(_ process: FileDescriptor) async {
        // QEMU ends in order on SIGHUP; it is upstream's signal, too.
        let limit = timeouts.deviceModelEnd
        for signal in [SIGHUP, SIGKILL] {
            SystemCalls.send(signal, to: process)
            let hasEnded = await toTheEnd {
                (try? await withDeadline(limit) {
                    try await waitUntilReadable(process)
                    return true
                }) ?? nil
            }
            if hasEnded == true { break }
        }
    }

    /// The number of the user that the domain's device model has for itself alone.
    private func deviceModelUser(of domain: DomainID) -> UInt32? {
        ((try? store.read(DeviceModelPlan.userPath(domain))) ?? nil).flatMap { UInt32($0) }
    }

    /// Waits until the process of a domain's device model ends although the domain does not.
    ///
    /// - Returns: false when there is no such process here, or once the domain is ending itself.
    package func waitForDeviceModelLoss(of domain: DomainID) async throws(ToolstackError) -> Bool {
        guard let process = deviceModelProcess(of: domain) else { return false }
        do {
            defer { try? process.close() }
            try await waitUntilReadable(process)
        } catch {
            throw ToolstackError(.aborted, "stopped waiting for the device model to end", domain: domain)
        }
        guard let info = try? info(of: domain), info.flags.isDisjoint(with: [.dying, .shutdown]) else { return false }
        guard info.flags.contains(.paused) else { return true }
        // Whoever destroys a domain pauses it and ends its device model before it is gone.
        do throws(ToolstackError) {
            try await wait(
                for: "the paused domain \(domain) to end", domain: domain, watching: [.releaseDomain],
                within: timeouts.domainEnd
            ) { [hypervisor] () throws -> Observation<Void> in
                let flags = try hypervisor.info(of: domain)?.flags
                return flags?.isDisjoint(with: [.dying, .shutdown]) == true ? .pending("it is there") : .reached(())
            }
            return false
        } catch {
            guard error.code == .timedOut else { throw error }
            return true
        }
    }

    /// A descriptor of the process, which stands for it even if its number gets another owner.
    ///
    /// - Returns: nil when there is none. The number in the store may be stale, so the process must also be a QEMU
    ///   for this domain.
    private func deviceModelProcess(of domain: DomainID) -> FileDescriptor? {
        recordedDeviceModel(of: domain).flatMap {
            HostProcess.open($0) { DeviceModelPlan.isCommandLine($0, of: domain) }
        }
    }

    /// A device model whose number the store has not: `xl` was killed between its start and the note of that.
    private func unrecordedDeviceModel(of domain: DomainID) -> FileDescriptor? {
        // No device model starts without that node.
        guard (try? store.exists(DeviceModelPlan.storePath(domain))) == true else { return nil }
        return HostProcess.find { DeviceModelPlan.isCommandLine($0, of: domain) }
    }
}
