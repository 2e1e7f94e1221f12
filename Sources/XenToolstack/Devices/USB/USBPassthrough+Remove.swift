import DomainModel
import XenStore
import XenTypes

extension USBPassthrough {
    // MARK: Devices

    /// Takes the device at a port off a running domain, and out of its stored configuration.
    ///
    /// - Throws: `notFound` when there is none; what kept it from being taken, and the guest has it still; or why its
    ///   drivers have not come back, and the guest has it no more.
    public func detach(port: Int32, of id: UInt32, from domain: DomainID) async throws(ToolstackError) {
        let lock = try await engine.lockDevices(of: domain)
        defer { lock.release() }
        let hostLock = try await lockHost()
        defer { hostLock.release() }
        let controller = try controllers(of: domain).first { $0.id == id }
        guard let controller, let place = controller.ports.first(where: { $0.number == port }), place.device != nil
        else {
            throw ToolstackError(
                .notFound, "Unknown device at controller \(id) port \(port).", domain: domain,
                remedy: "xl usb-list \(domain) shows those that there are")
        }
        guard controller.backendDomain == .control else {
            throw ToolstackError(
                .invalid, "Don't support removing USB device from non-Dom0 backend", domain: domain)
        }
        try await toTheEnd { [self] () async throws(ToolstackError) in
            try await takeBack(place, of: controller, from: domain)
        }
    }

    private func takeBack(
        _ place: USBControllerStatus.Port, of controller: USBControllerStatus, from domain: DomainID
    ) async throws(ToolstackError) {
        guard let name = place.device else { return }
        let what = "take USB device \(name) from domain \(domain)"
        var notes: [String: String] = [:]
        switch controller.type {
        case .pv:
            notes = try noted(name).notes
            try await unbind(name, what)
        case .devicemodel:
            for id in try qemuIDs(place, of: controller, domain) where toolstack.isDeviceModelRunning(for: domain) {
                try await toolstack.removeFromDeviceModel(id, of: domain, what)
            }
        case .qusb: break
        case .auto: throw ToolstackError(.notSupported, "cannot \(what)", cause: "Unsupported usb controller type")
        }
        try forget(place, of: controller, in: domain)
        if controller.type == .pv { try await giveBack(name, notes) }
    }

    /// The names that QEMU may have for a device: it had another address when it was attached, if it has been plugged in
    /// again since.
    private func qemuIDs(
        _ place: USBControllerStatus.Port, of controller: USBControllerStatus, _ domain: DomainID
    ) throws(ToolstackError) -> [String] {
        let stored = try toolstack.storedConfiguration(of: domain)?.usbDevices ?? []
        var ids = stored.filter { $0.isAt(place, of: controller) }.compactMap(\.hostDevice).map {
            Self.qemuID(bus: $0.hostBus, address: $0.hostAddress)
        }
        if let bus = place.bus, let address = place.address {
            let id = Self.qemuID(bus: bus, address: address)
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }

    /// Takes a device from the kernel's backend. One that is not plugged in any more is not there.
    private func unbind(_ name: String, _ what: String) async throws(ToolstackError) {
        let plan = USBBindingPlan.taking(try usb.interfaces(of: name), from: usb.usbback)
        try await toolstack.carryOut(plan.entries, what) { [self] step throws(ToolstackError) in
            try await perform(step)
        }
    }

    /// Takes what is at a port out of the stored configuration, and writes that nothing is there.
    func forget(
        _ place: USBControllerStatus.Port, of controller: USBControllerStatus, in domain: DomainID
    ) throws(ToolstackError) {
        try toolstack.withUserData(of: domain) { data throws(ToolstackError) in
            guard let before = try data.readConfiguration() else {
                return try clear(place, of: controller, in: domain)
            }
            var configuration = before
            configuration.usbDevices.removeAll { $0.isAt(place, of: controller) }
            if configuration.usbDevices != before.usbDevices { try data.write(configuration) }
            // Last: what the store says is there can be taken away once more.
            do throws(ToolstackError) { try clear(place, of: controller, in: domain) } catch {
                try data.write(before)
                throw error
            }
        }
    }

    private func clear(
        _ place: USBControllerStatus.Port, of controller: USBControllerStatus, in domain: DomainID
    ) throws(ToolstackError) {
        let node = controller.node(ofPort: place.number, of: domain)
        do {
            try store.transaction { transaction throws(StoreError) in
                guard try transaction.read(node) == place.device else { return }
                try transaction.write(node, "")
            }
        } catch {
            throw Self.failure(
                domain, "write that domain \(domain) has USB device \(place.device ?? "") no more", error)
        }
    }

    /// Gives a device that no backend has any more back to the drivers that it had.
    ///
    /// - Throws: when one does not come back; what had to be done for the others is.
    private func giveBack(_ name: String, _ notes: [String: String]) async throws(ToolstackError) {
        var problem: ToolstackError?
        let found = toolstack.insist("list the interfaces of USB device \(name)") { try usb.interfaces(of: name) }
        guard let interfaces = found, !interfaces.contains(where: { $0.driver == usb.usbback }) else {
            // What is noted stays, for the doctor to find.
            throw ToolstackError(
                .fail, "USB device \(name) is the guest's no more, but has not got its drivers back",
                remedy: "xl doctor --fix")
        }
        let drivers = Files.realPath(usb.drivers) ?? usb.drivers
        let plan = USBBindingPlan.returning(interfaces, notes: notes, drivers: drivers)
        for warning in plan.warnings { toolstack.logger.warning("\(warning)") }
        for entry in plan.entries {
            do throws(ToolstackError) { try await insist(entry.step) } catch { problem = problem ?? error }
        }
        toolstack.insist("remove the notes about USB device \(name)") { try USBNotes.remove(of: name, in: store) }
        if let problem {
            throw ToolstackError(
                problem.code, "USB device \(name) is the guest's no more, but a driver of this host has not taken it",
                underlying: problem, remedy: "unplug it and plug it in again")
        }
    }

    /// Nobody comes back to this, and a failure may have been a moment's.
    private func insist(_ step: USBBindingPlan.Step) async throws(ToolstackError) {
        do throws(ToolstackError) { try await perform(step) } catch {
            guard error.code != .timedOut else { throw error }
            try await perform(step)
        }
    }

    /// Takes all devices from a domain that does not run any more, nor its QEMU. What fails is logged.
    func destroyAll(of domain: DomainID) async {
        let found = toolstack.insist("list the USB controllers of domain \(domain)") {
            try controllers(of: domain).filter { controller in
                controller.backendDomain == .control && controller.ports.contains { $0.device != nil }
            }
        }
        guard let controllers = found, !controllers.isEmpty else { return }
        // One who holds it for long must not keep a domain from ending.
        let lock = try? await FileLock.acquire(
            toolstack.paths.run.appending("xl-usb.lock"), within: toolstack.timeouts.deviceChange,
            logger: toolstack.logger)
        defer { lock?.release() }
        for controller in controllers {
            for place in controller.ports where place.device != nil {
                await destroy(place, of: controller, domain)
            }
        }
    }

    private func destroy(
        _ place: USBControllerStatus.Port, of controller: USBControllerStatus, _ domain: DomainID
    ) async {
        guard let name = place.device, HostUSB.isName(name) else { return }
        do throws(ToolstackError) {
            if controller.type == .pv {
                let notes = try noted(name).notes
                try await unbind(name, "take USB device \(name) from domain \(domain)")
                try clear(place, of: controller, in: domain)
                try await giveBack(name, notes)
            } else {
                // A QEMU that was killed has not given it back.
                try await findDrivers(for: name)
            }
        } catch {
            toolstack.logger.error("\(error)")
        }
    }

    private func findDrivers(for name: String) async throws(ToolstackError) {
        for interface in try usb.interfaces(of: name) where interface.driver == nil {
            try await toolstack.bind(interface.name, by: usb.probing)
        }
    }

    // MARK: What others have left

    /// The devices that no domain has any more, and whose drivers have not come back.
    func leftDevices() throws(ToolstackError) -> [String] {
        let noted: [String]
        do { noted = try USBNotes.devices(in: store) } catch {
            throw ToolstackError(.fail, "cannot list the USB devices of guests", underlying: error)
        }
        var left: [String] = []
        for name in noted where try owner(ofDeviceNamed: name) == nil { left.append(name) }
        return left
    }

    /// Gives a device that no domain has any more back to the drivers that it had.
    func returnDevice(_ name: String) async throws(ToolstackError) {
        let lock = try await lockHost()
        defer { lock.release() }
        guard try leftDevices().contains(name) else { throw Toolstack.changed }
        let notes = try noted(name).notes
        try await unbind(name, "take USB device \(name) from the kernel's backend")
        try await giveBack(name, notes)
    }

    // MARK: Controllers

    /// Takes a controller, with what is at its ports, off a running domain, and out of its stored configuration.
    ///
    /// - Throws: `notFound` when there is none; `timedOut` when the guest keeps an emulated one.
    public func detachController(_ id: UInt32, from domain: DomainID) async throws(ToolstackError) {
        let lock = try await engine.lockDevices(of: domain)
        defer { lock.release() }
        let hostLock = try await lockHost()
        defer { hostLock.release() }
        guard let controller = try controllers(of: domain).first(where: { $0.id == id }) else {
            throw ToolstackError(
                .notFound, "Unknown device \(id).", domain: domain,
                remedy: "xl usb-list \(domain) shows those that there are")
        }
        try await toTheEnd { [self] () async throws(ToolstackError) in
            try await remove(controller, from: domain, force: .whenTimeIsUp, under: lock)
        }
    }

    func remove(
        _ controller: USBControllerStatus, from domain: DomainID, force: DeviceEngine.Force, under lock: FileLock
    ) async throws(ToolstackError) {
        if controller.backendDomain == .control {
            for place in controller.ports { try await takeBack(place, of: controller, from: domain) }
        }
        let address = controller.address(of: domain)
        if controller.type == .devicemodel, toolstack.isDeviceModelRunning(for: domain) {
            try await toolstack.unplugPCI(USBControllerClass.qemuID(controller.id), "\(address)", from: domain)
        }
        try await engine.detach(USBControllerClass.self, address, force: force, under: lock)
    }
}

extension USBDevice {
    func isAt(_ place: USBControllerStatus.Port, of controller: USBControllerStatus) -> Bool {
        if let controllerID { return port == place.number && Int64(controllerID) == Int64(controller.id) }
        // Other toolstacks do not store where a device is for which they have found a place.
        return hostDevice.map { $0.hostBus == place.bus && $0.hostAddress == place.address } ?? false
    }
}
