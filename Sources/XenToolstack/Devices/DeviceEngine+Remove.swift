import XenControl
import XenStore
import XenTypes

extension DeviceEngine {
    /// What to do when a guest does not let go of a device.
    package enum Force: Sendable, Hashable {
        /// Give up.
        case never
        /// Take the device away once the time is up.
        case whenTimeIsUp
        /// Take it away at once: the guest's nodes go first.
        case always
    }

    /// Takes away every device that the records of a domain name, whoever attached it, and what this domain's backends
    /// have besides. What fails is logged.
    ///
    /// The domain does not run any more, nor its device model.
    package func destroyAll(of domain: DomainID) async {
        let found = toolstack.insist("list the devices of domain \(domain)") {
            let recorded = try self.devices(of: domain)
            let stray = try strayBackends(of: domain)
            return (devices: recorded + stray.devices.filter { !recorded.contains($0) }, empty: stray.empty)
        }
        guard let found else { return }
        for error in await remove(found.devices, force: .always) {
            toolstack.logger.error("\(error)")
        }
        // No device is left with which these would go.
        guard !found.empty.isEmpty else { return }
        toolstack.insist("remove empty nodes of domain \(domain)") {
            try store.removeEmptyParents(of: found.empty.map { $0 / "0" })
        }
    }

    /// Takes a device off a running domain.
    ///
    /// - Throws: `timedOut` when the guest does not let go of it and `force` is `never`; the request stays, and the
    ///   device goes when the guest lets go.
    package func remove(_ device: DeviceAddress, force: Force) async throws(ToolstackError) {
        if let error = await remove([device], force: force).first { throw error }
    }

    /// The devices on record, in the store's order.
    ///
    /// - Parameter kinds: nil for all.
    package func devices(of domain: DomainID, kinds: [DeviceKind]? = nil) throws(ToolstackError) -> [DeviceAddress] {
        let root = DomainPaths(domain).libxl / "device"
        do throws(StoreError) {
            var kinds = kinds ?? []
            if kinds.isEmpty {
                let names = try store.list(root) ?? []
                kinds = names.compactMap { DeviceKind(rawValue: $0) }
            }
            var devices: [DeviceAddress] = []
            for kind in kinds {
                let names = try store.list(root / kind.rawValue) ?? []
                let backends = try store.read(names.map { root / kind.rawValue / $0 / "backend" })
                for (name, backend) in zip(names, backends) {
                    guard let id = UInt32(name), let backend,
                        let device = DeviceAddress(domain: domain, kind: kind, id: id, backendPath: backend)
                    else { continue }
                    devices.append(device)
                }
            }
            return devices
        } catch {
            throw ToolstackError(
                .fail, "cannot list the devices of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// What this domain's backends have for a domain, on record or not: a script that went on after its device had been
    /// taken away makes nodes anew. And the directories that a destruction which was cut off has left without devices.
    private func strayBackends(
        of domain: DomainID
    ) throws(StoreError) -> (devices: [DeviceAddress], empty: [StorePath]) {
        let root = DomainPaths(.control).guest / "backend"
        let kinds = try (store.list(root) ?? []).compactMap { DeviceKind(rawValue: $0) }
        let lists = try store.list(kinds.map { root / $0.rawValue / domain })
        let devices = zip(kinds, lists).flatMap { kind, names in
            (names ?? []).compactMap { UInt32($0) }.map {
                DeviceAddress(domain: domain, kind: kind.frontend, id: $0, backendKind: kind)
            }
        }
        let empty = zip(kinds, lists).filter { $1?.isEmpty == true }.map { root / $0.0.rawValue / domain }
        return (devices, empty)
    }

    // MARK: Steps

    /// How taking one device away ended.
    private struct Outcome: Sendable {
        let device: DeviceAddress
        /// Whether its nodes can go.
        var isGone = true
        var errors: [ToolstackError] = []
    }

    /// Takes devices away, each by itself: a domain that disturbs its own device holds up no other.
    ///
    /// - Parameter isTakingBack: whether the devices could not be connected.
    /// - Returns: what went wrong.
    func remove(
        _ devices: [DeviceAddress], force: Force, isTakingBack: Bool = false
    ) async -> [ToolstackError] {
        guard let domain = devices.first?.domain else { return [] }
        if devices.contains(where: { $0.isServedHere && $0.backendKind.hasScript }) {
            await toolstack.awaitScripts(of: domain)
        }
        // The host's own come first, whatever other domains do to theirs meanwhile.
        let ordered = devices.filter(\.isServedHere) + devices.filter { !$0.isServedHere }
        var outcomes = await takeAway(ordered, force: force, isTakingBack: isTakingBack, isLastTry: force != .always)
        let left = outcomes.filter { !$0.isGone }.map(\.device)
        if force == .always, !left.isEmpty {
            // Nobody comes back to these, and what failed may have been a moment's.
            outcomes.removeAll { !$0.isGone }
            outcomes += await takeAway(left, force: force, isTakingBack: isTakingBack, isLastTry: true)
        }
        let problems = outcomes.flatMap { outcome in
            outcome.errors.map {
                ToolstackError(
                    $0.code, "cannot detach \(outcome.device)", domain: outcome.device.domain, underlying: $0)
            }
        }
        return problems + forget(outcomes.filter(\.isGone).map(\.device))
    }

    /// - Parameter isLastTry: whether nobody comes back to what cannot be done.
    private func takeAway(
        _ devices: [DeviceAddress], force: Force, isTakingBack: Bool, isLastTry: Bool
    ) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            for device in devices {
                group.addTask {
                    await takeAway(device, force: force, isTakingBack: isTakingBack, isLastTry: isLastTry)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func takeAway(
        _ device: DeviceAddress, force: Force, isTakingBack: Bool, isLastTry: Bool
    ) async -> Outcome {
        // Whoever asked for it can ask again, or does so himself.
        let mayStay = force == .never || !isLastTry
        var outcome = Outcome(device: device)
        if !device.kind.isConsole {
            do throws(ToolstackError) { try requestClosing(device, force: force) } catch {
                outcome.errors.append(error)
                outcome.isGone = !mayStay
                guard outcome.isGone else { return outcome }
            }
            await close(&outcome, force: force, isTakingBack: isTakingBack, mayStay: mayStay)
        }
        guard outcome.isGone else { return outcome }
        do throws(ToolstackError) { try removeNodes(of: device) } catch {
            outcome.errors.append(error)
            outcome.isGone = !mayStay
        }
        return outcome
    }

    /// Asks a backend to close; one that is gone or closed already is left as it is.
    private func requestClosing(_ device: DeviceAddress, force: Force) throws(ToolstackError) {
        let state = device.backend / "state"
        do throws(StoreError) {
            if device.isServedHere {
                try store.transaction { transaction throws(StoreError) in
                    try transaction.perform(closingChanges(device, state: try transaction.read(state), force: force))
                }
            } else {
                // Whoever provides the device could make a transaction fail for ever.
                try store.perform(closingChanges(device, state: try store.read(state), force: force))
            }
            // By itself, for the guest could do the same, and only now: a Linux backend that loses its frontend says
            // that it has closed only if it was asked to (`xenbus_dev_remove`).
            if force == .always { try store.remove(device.frontend) }
        } catch {
            throw ToolstackError(.fail, "cannot ask the backend to close", domain: device.domain, underlying: error)
        }
    }

    private func closingChanges(_ device: DeviceAddress, state: String?, force: Force) -> [StoreChange] {
        guard let state else { return [] }
        let offline = StoreChange.write(device.backend / "online", "0")
        guard XenbusState(text: state) != .closed, !(force == .always && isUnattended(state)) else { return [offline] }
        return [offline, .write(device.backend / "state", XenbusState.closing.text)]
    }

    /// A backend that nobody ever answered for will not answer now.
    private func isUnattended(_ state: String) -> Bool { XenbusState(text: state) == .initialising }

    private func close(_ outcome: inout Outcome, force: Force, isTakingBack: Bool, mayStay: Bool) async {
        let device = outcome.device
        do throws(ToolstackError) {
            do throws(ToolstackError) {
                try await waitUntilClosed(device, force: force)
            } catch  where error.code == .timedOut && force == .whenTimeIsUp {
                try requestClosing(device, force: .always)
                try await waitUntilClosed(device, force: .always)
            }
        } catch {
            outcome.errors.append(error)
            outcome.isGone = force != .never && error.code == .timedOut
            guard outcome.isGone else { return }
        }
        guard !device.isServedHere else {
            let obstacle = await disconnect(device, isWanted: !isTakingBack) { key throws(ToolstackError) in
                try recorded(key, of: device)
            }
            if let obstacle, mayStay {
                outcome.errors.append(obstacle)
                outcome.isGone = false
            }
            return
        }
        do throws(ToolstackError) { try await waitForRemoval(of: device) } catch {
            if outcome.errors.isEmpty { outcome.errors.append(error) }
            outcome.isGone = force != .never
        }
    }

    private func waitUntilClosed(_ device: DeviceAddress, force: Force) async throws(ToolstackError) {
        guard let limit = try patience(for: device, force: force) else { return }
        let state = device.backend / "state"
        try await toolstack.wait(
            for: "the backend to let go of \(device)", domain: device.domain, watching: [state], within: limit
        ) { [store] () throws -> Observation<Void> in
            guard let text = try store.read(state) else { return .reached(()) }
            switch XenbusState(text: text) {
            case .closed: return .reached(())
            case .initialising where force == .always: return .reached(())
            case let other: return .pending("state \(other.map { $0.name } ?? text)")
            }
        }
    }

    /// - Returns: how long to wait for a backend; nil when there is nobody to wait for.
    private func patience(for device: DeviceAddress, force: Force) throws(ToolstackError) -> Duration? {
        guard device.backendKind.isServedByQEMU, device.isServedHere else {
            return timeouts.deviceDestroy
        }
        guard toolstack.isDeviceModelRunning(for: device.domain) else { return nil }
        let info = try? toolstack.hypervisor.info(of: device.domain)
        // QEMU waits for the guest's side, which does not move while the guest does not run.
        guard let info, info.flags.isDisjoint(with: [.paused, .dying, .shutdown]) else {
            return timeouts.deviceModelRelease
        }
        return timeouts.deviceDestroy
    }

    /// Runs the scripts that take the backend off the host. That they fail does not keep the device.
    ///
    /// - Parameters:
    ///   - isWanted: whether anybody wants to hear of a failure: not where connecting failed already.
    ///   - value: a node of the backend by its key, as the toolstack wrote it.
    /// - Returns: why one could not be run at all, so that the backend is still connected.
    @discardableResult
    private func disconnect(
        _ device: DeviceAddress, isWanted: Bool, value: (String) throws(ToolstackError) -> String?
    ) async -> ToolstackError? {
        var obstacle: ToolstackError?
        // QEMU in a stub domain has no tap devices here.
        let hasTap = toolstack.deviceModelDomain(of: device.domain) == nil
        for part in [HotplugScript.Part.backend] + (hasTap ? [.emulation] : []) {
            do throws(ToolstackError) {
                let script = try HotplugScript(.disconnect, device, part: part, value: value)
                if let script { try await hotplug.run(script) }
            } catch {
                // What cannot be read or started now may be later.
                let mayBeLater = error.code == .noMemory || error.code == .notReady
                if mayBeLater { obstacle = obstacle ?? error }
                toolstack.logger.log(level: isWanted ? .warning : .debug, "cannot disconnect \(device): \(error)")
            }
        }
        return obstacle
    }

    /// A node of a device's backend as the toolstack wrote it. Where there is no record, the backend still has it.
    private func recorded(_ key: String, of device: DeviceAddress) throws(ToolstackError) -> String? {
        do {
            let values = try store.read([device.record, device.backend].map { $0 / key })
            return values[0] ?? (device.isServedHere ? values[1] : nil)
        } catch {
            throw ToolstackError(.notReady, "cannot read the record of \(device)", underlying: error)
        }
    }

    /// Takes back what a script has made for a device that is not on record any more.
    func retract(_ plan: DevicePlan) async {
        let device = plan.address
        // Scripts read the backend's nodes. Without these two, its kernel sees no device in them.
        let nodes = plan.backend.filter { !["state", "online"].contains($0.key) }
        toolstack.logFailure("write the backend's nodes of \(device) again") {
            try store.perform(nodes.map { .write(device.backend / $0.key, $0.value) })
        }
        await disconnect(device, isWanted: true) { plan.backendValue($0) }
        toolstack.logFailure("remove the nodes of \(device)") { try removeNodes(of: device) }
        for error in forget([device]) { toolstack.logger.error("\(error)") }
    }

    /// The toolstack of the backend's domain removes its nodes when it is done.
    private func waitForRemoval(of device: DeviceAddress) async throws(ToolstackError) {
        try await toolstack.wait(
            for: "domain \(device.backendDomain) to remove its side of \(device)", domain: device.domain,
            watching: [device.backend], within: timeouts.deviceDestroy
        ) { [store] () throws -> Observation<Void> in
            try store.exists(device.backend) ? .pending("still there") : .reached(())
        }
    }

    /// The guest, or the backend's domain, may change its side all the time, and is not to keep a transaction from its end.
    private func removeNodes(of device: DeviceAddress) throws(ToolstackError) {
        let noted = device.isServedHere ? [device.backendFailure] : []
        do { try store.perform((noted + [device.frontend, device.backend]).map { .remove($0) }) } catch {
            throw ToolstackError(.fail, "cannot remove its nodes", domain: device.domain, underlying: error)
        }
    }

    /// Removes the records of devices, and the directories of kinds and of domains that have no devices left.
    ///
    /// Records go last: as long as they are there, the devices are known, and can be taken away again.
    private func forget(_ devices: [DeviceAddress]) -> [ToolstackError] {
        guard let domain = devices.first?.domain else { return [] }
        let served = devices.filter(\.isServedHere).flatMap { [$0.backend, $0.backendFailure] }
        let (removed, records) = (devices.map(\.frontend) + served, devices.map(\.record))
        do {
            // A second time, for nobody comes back to them, and the failure may have been a moment's.
            do { try store.removeEmptyParents(of: removed, with: records) } catch {
                try store.removeEmptyParents(of: removed, with: records)
            }
        } catch {
            return [ToolstackError(.fail, "cannot remove the devices' nodes", domain: domain, underlying: error)]
        }
        // Another domain changes its own tree as it likes, and would but keep an empty directory.
        for device in devices where !device.isServedHere {
            try? store.removeEmptyParents(of: [device.backend], attempts: 4)
        }
        return []
    }
}
