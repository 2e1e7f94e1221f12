import DomainModel
import Glibc
import SystemPackage
import XenStore
import XenTypes

extension Toolstack {
    /// Makes the domain that runs a guest's QEMU, starts it, and returns when that QEMU says that it runs.
    ///
    /// - Parameters:
    ///   - guest: built, with its own devices' nodes written.
    ///   - undo: gets the removal of everything that this makes.
    func startStubDomain(for guest: DomainBuild, undo: inout UndoStack) async throws(ToolstackError) {
        let name = guest.configuration.createInfo.name ?? ""
        var creation = Creation(StubDomainPlan.configuration(for: guest), CreateOptions(), self)
        creation.undo = undo
        defer { undo = creation.undo }
        // dom0's backend of the stub domain's consoles makes it.
        let state = deviceModelSaveFile(of: guest.domain)
        creation.undo.push("\(state)") { try Files.remove(state) }
        do {
            try creation.complete()
            try await creation.perform(Creation.making)
            let log = LogFile("qemu-dm-\(name)", in: paths.log)
            try log.rotateAway()
            creation.build.consoleOutputs = StubDomainPlan.consoleOutputs(for: guest, log: log.path, paths)
            let plan = try StubDomainPlan(creation.build, for: guest, paths)
            try introduce(plan)
            try await creation.perform(Creation.connecting)
            creation.undo.push("monitor proxy of domain \(plan.domain)") {
                await self.stopMonitorProxy(of: plan.domain)
            }
            try await startMonitorProxy(plan)
            try hypervisor.unpauseDomain(plan.domain)
            try await waitUntilRunning(plan, log)
        } catch {
            throw ToolstackError(
                .fail, "cannot start the stub domain \(name)-dm", domain: guest.domain, underlying: error)
        }
    }

    /// Gives the stub domain its rights over the guest, and tells both of each other.
    private func introduce(_ plan: StubDomainPlan) throws {
        try store.transaction { transaction throws(StoreError) in try transaction.apply(plan.nodes) }
        try hypervisor.setTarget(of: plan.domain, to: plan.guest)
        try store.setTarget(of: plan.domain, to: plan.guest)
    }

    private func waitUntilRunning(_ plan: StubDomainPlan, _ log: LogFile) async throws(ToolstackError) {
        let state = StubDomainPlan.devicePath(plan.domain, for: plan.guest) / "state"
        do {
            try await wait(
                for: "the device model in domain \(plan.domain) to run", domain: plan.guest,
                watching: [state, .releaseDomain], within: timeouts.stubDomainStart
            ) { [store, hypervisor] () throws -> Observation<Void> in
                guard let info = try hypervisor.info(of: plan.domain), info.flags.isDisjoint(with: [.dying, .shutdown])
                else { throw ToolstackError(.fail, "domain \(plan.domain) ended instead of running the device model") }
                let text = try store.read(state)
                return text == "running" ? .reached(()) : .pending(text.map { "state \($0)" } ?? "no state")
            }
        } catch {
            var error = error
            if let words = log.lastLines() {
                error.cause = [error.cause, words].compactMap(\.self).joined(separator: ": ")
            }
            error.remedy = error.remedy ?? "see \(log.path)"
            error.evidence = error.evidence ?? log.evidence
            throw error
        }
    }

    // MARK: The monitor's proxy

    private func startMonitorProxy(_ plan: StubDomainPlan) async throws(ToolstackError) {
        let log = LogFile(plan.proxyLogName, in: paths.log)
        let output = try log.open()
        defer { try? output.close() }
        var child = plan.proxy
        (child.output, child.error, child.group) = (.null, .descriptor(output), .session)
        let process = try ChildProcess.start(child)
        do throws(ToolstackError) {
            do { try store.write(StubDomainPlan.proxyProcessPath(plan.domain), "\(process.id)") } catch {
                throw ToolstackError(.fail, "cannot record the monitor proxy", domain: plan.guest, underlying: error)
            }
            let what = "the monitor proxy"
            try await waitUntilReady(process, what, of: plan.guest, log) { [self] in
                try await awaitState(
                    StubDomainPlan.proxyStatePath(plan.domain), of: what, plan.guest,
                    within: timeouts.deviceModelStart)
            }
        } catch {
            await process.stop()
            throw error
        }
    }

    /// Ends the proxy of a stub domain, if this host runs one. It listens at the guest's monitor socket.
    func stopMonitorProxy(of stub: DomainID) async {
        let recorded: String?
        let target: DomainID?
        do {
            let texts = try store.read([StubDomainPlan.proxyProcessPath(stub), DomainPaths(stub).guest / "target"])
            (recorded, target) = (texts[0], texts[1].flatMap { UInt32($0) }.map { DomainID($0) })
        } catch {
            return logger.error("cannot find the monitor proxy of domain \(stub): \(error)")
        }
        // A domain with a target is a stub domain; its proxy may have been started, and xl killed before it noted that.
        guard recorded != nil || target != nil else { return }
        let isProxy: ([String]) -> Bool = { $0.contains("--state-path=\(StubDomainPlan.proxyStatePath(stub))") }
        let known = recorded.flatMap { pid_t($0) }.flatMap { $0 > 1 ? HostProcess.open($0, where: isProxy) : nil }
        guard let process = known ?? HostProcess.find(where: isProxy) else { return }
        defer { try? process.close() }
        await end(process)
        if let target {
            let socket = DeviceModelPlan.monitorSocket(target, paths)
            logFailure("remove \(socket)") { try Files.remove(socket) }
        }
    }
}
