import DomainModel
import SystemPackage
import XenControl
import XenStore
import XenTypes

extension DeviceEngine {
    /// Attaches a device to a domain that exists already, and stores it with the domain's configuration.
    ///
    /// - Parameter notes: nodes of the record that neither end sees.
    /// - Returns: the device with all that was chosen for it.
    /// - Throws: `deviceExists` when the domain has the device; `notReady` when only a device model could serve
    ///   it and the domain has none. The domain is then as it was before.
    @discardableResult
    package func attach<Class: DeviceClass>(
        _: Class.Type, _ device: Class.Device, to domain: DomainID, notes: [DevicePlan.Entry] = []
    ) async throws(ToolstackError) -> Class.Device {
        let lock = try await lockDevices(of: domain)
        defer { lock.release() }
        return try await attach(Class.self, device, to: domain, notes: notes, under: lock)
    }

    /// Keeps others from changing the devices of a domain.
    func lockDevices(of domain: DomainID) async throws(ToolstackError) -> FileLock {
        let data = UserData(of: domain, uuid: try toolstack.info(of: domain).uuid, paths: toolstack.paths)
        return try await FileLock.acquire(data.path(of: .devices), logger: toolstack.logger)
    }

    /// As the other one, for who has that lock.
    func attach<Class: DeviceClass>(
        _: Class.Type, _ device: Class.Device, to domain: DomainID, notes: [DevicePlan.Entry] = [], under _: FileLock
    ) async throws(ToolstackError) -> Class.Device {
        // Whoever ends a domain has this lock until it is gone.
        let info = try toolstack.info(of: domain)
        guard !info.flags.contains(.dying) else {
            throw ToolstackError(.domainDestroyed, "cannot attach a \(Class.noun): domain \(domain) is ending")
        }

        var device = device
        let given = device
        let context = try hotAttachContext(domain, info)
        try number(&device, Class.self, domain)
        try resolveBackend(of: &device)
        try Class.complete(&device, context)
        var plan = try Class.plan(device, index: 0, context)
        plan.notes += notes
        var stored = given
        Class.remember(device, in: &stored)
        if Class.needsDeviceModel(device) { try requireDeviceModel(for: plan.address) }

        try record(plan, Class.self, stored)
        do throws(ToolstackError) {
            try await connect(plan)
        } catch {
            await takeBack(plan, Class.self, stored)
            throw error
        }
        return device
    }

    /// Takes a device off a running domain and out of its stored configuration.
    ///
    /// An interruption counts until the guest is asked; from then on this runs to its end.
    ///
    /// - Throws: `timedOut` when the guest does not let go of it and `force` is `never`.
    package func detach<Class: DeviceClass>(
        _: Class.Type, _ address: DeviceAddress, force: Force
    ) async throws(ToolstackError) {
        let lock = try await lockDevices(of: address.domain)
        defer { lock.release() }
        try await detach(Class.self, address, force: force, under: lock)
    }

    /// As the other one, for who has that lock.
    func detach<Class: DeviceClass>(
        _: Class.Type, _ address: DeviceAddress, force: Force, under _: FileLock
    ) async throws(ToolstackError) {
        // The guest has begun to let go of it, and cannot be told otherwise.
        try await toTheEnd { [self] () async throws(ToolstackError) in try await remove(address, force: force) }
        try forget(Class.self, in: address.domain) { Class.number(of: $0) == address.id }
    }

    private func hotAttachContext(_ domain: DomainID, _ info: DomainInfo) throws(ToolstackError) -> DeviceContext {
        let type = try type(of: domain, info)
        var context = DeviceContext(
            domain: domain, type: type, scripts: toolstack.paths.scripts, release: toolstack.paths.release)
        context.nativeProtocol = try nativeProtocol(of: domain, type)
        context.isHotAttach = true
        context.hasUSBBack = toolstack.usb.hasUSBBack
        context.drawAddress = AddressDraw(toolstack).draw
        return context
    }

    /// What the domain was made as; the control domain has no record of it.
    private func type(of domain: DomainID, _ info: DomainInfo) throws(ToolstackError) -> DomainType {
        do {
            let text = try store.read(DomainPaths(domain).libxl / "type")
            return text.flatMap { DomainType(name: $0) } ?? (info.flags.contains(.hvm) ? .hvm : .pv)
        } catch {
            throw ToolstackError(.fail, "cannot learn the type of domain \(domain)", domain: domain, underlying: error)
        }
    }

    private func number<Class: DeviceClass>(
        _ device: inout Class.Device, _: Class.Type, _ domain: DomainID
    ) throws(ToolstackError) {
        let taken: [String]
        do { taken = try store.list(DomainPaths(domain).libxl / "device" / Class.kind.rawValue) ?? [] } catch {
            throw ToolstackError(
                .fail, "cannot list the devices of domain \(domain)", domain: domain, underlying: error)
        }
        var devices = [device]
        Class.assignNumbers(&devices, taken: Set(taken.compactMap { UInt32($0) }))
        if let numbered = devices.first { device = numbered }
    }

    private func requireDeviceModel(for device: DeviceAddress) throws(ToolstackError) {
        let domain = device.domain
        let stubdomain = (try? store.read(DomainPaths(domain).guest / "image/device-model-domid")) ?? nil
        guard stubdomain != nil || toolstack.isDeviceModelRunning(for: domain) else {
            let other = device.kind == .vbd ? ", or convert the image to raw" : ""
            throw ToolstackError(
                .notReady, "cannot attach \(device): only QEMU can serve it, and domain \(domain) runs without",
                domain: domain,
                remedy: domain == .control
                    ? "start the host's QEMU (on Debian: systemctl restart xen)\(other)"
                    : "give the domain such a device in its configuration and restart it\(other)")
        }
        guard device.backendKind != .qusb || toolstack.servesUSB(deviceModelOf: domain) else {
            throw ToolstackError(
                .notSupported, "cannot attach \(device)", domain: domain,
                cause: "the QEMU of domain \(domain) has no backend for it",
                remedy: "it needs a QEMU that was built with libusb")
        }
    }

    /// Writes the device's nodes and the configuration that includes it.
    private func record<Class: DeviceClass>(
        _ plan: DevicePlan, _: Class.Type, _ stored: Class.Device
    ) throws(ToolstackError) {
        try toolstack.withUserData(of: plan.address.domain) { data throws(ToolstackError) in
            let before = try data.readConfiguration()
            do throws(ToolstackError) {
                try store.transaction(mapError: { Self.storeFailure(plan.address, $0) }) {
                    transaction throws(ToolstackError) in
                    try Self.addNew(plan, in: transaction)
                    guard var configuration = before else { return }
                    configuration[keyPath: Class.devices].removeAll { Class.isSame($0, stored) }
                    configuration[keyPath: Class.devices].append(stored)
                    try data.write(configuration)
                }
            } catch {
                if let before { try data.write(before) }
                throw error
            }
        }
    }

    private static func storeFailure(_ device: DeviceAddress, _ error: StoreError) -> ToolstackError {
        ToolstackError(.fail, "cannot write the nodes of \(device)", domain: device.domain, underlying: error)
    }

    private static func addNew(_ plan: DevicePlan, in transaction: StoreTransaction) throws(ToolstackError) {
        do throws(StoreError) {
            if try !transaction.exists(plan.address.record) { return try transaction.perform(plan.changes) }
        } catch {
            throw storeFailure(plan.address, error)
        }
        throw ToolstackError(
            .deviceExists, "cannot attach \(plan.address): domain \(plan.address.domain) has it already",
            domain: plan.address.domain, remedy: "choose another device number, or detach it first")
    }

    /// Undoes what was done for a device that could not be connected; runs to its end also when cancelled.
    private func takeBack<Class: DeviceClass>(_ plan: DevicePlan, _: Class.Type, _ stored: Class.Device) async {
        await toTheEnd {
            await toolstack.againAfterLapse {
                await takeBackEmulation(plan)
                for error in await remove([plan.address], force: .always, isTakingBack: true) {
                    toolstack.logger.error("\(error)")
                }
            }
            do throws(ToolstackError) {
                try forget(Class.self, in: plan.address.domain) { Class.isSame($0, stored) }
            } catch {
                // A domain that is gone has taken its configuration along.
                guard error.code != .domainNotFound else { return }
                toolstack.logger.error("cannot restore the configuration of domain \(plan.address.domain): \(error)")
            }
        }
    }

    /// QEMU may have made a device although it was not heard to say so.
    private func takeBackEmulation(_ plan: DevicePlan) async {
        let device = plan.address
        guard case .emulation(let emulated) = plan.handshake, toolstack.isDeviceModelRunning(for: device.domain) else {
            return
        }
        do throws(ToolstackError) {
            try await toolstack.unplugPCI(emulated.id, "\(device)", from: device.domain)
        } catch {
            toolstack.logger.error("\(error)")
        }
    }

    /// Takes devices out of the stored configuration, which may have changed otherwise since they were attached.
    private func forget<Class: DeviceClass>(
        _: Class.Type, in domain: DomainID, _ isGone: (Class.Device) -> Bool
    ) throws(ToolstackError) {
        try toolstack.withUserData(of: domain) { data throws(ToolstackError) in
            guard var configuration = try data.readConfiguration() else { return }
            configuration[keyPath: Class.devices].removeAll(where: isGone)
            try data.write(configuration)
        }
    }
}
