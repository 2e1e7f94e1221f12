import DomainModel
import XenStore
import XenTypes

extension USBPassthrough {
    /// Gives a running domain a controller, and stores it with the domain's configuration.
    ///
    /// - Returns: the controller with all that was chosen for it.
    @discardableResult
    public func attach(_ controller: USBController, to domain: DomainID) async throws(ToolstackError) -> USBController {
        let lock = try await engine.lockDevices(of: domain)
        defer { lock.release() }
        return try await attach(controller, to: domain, under: lock)
    }

    private func attach(
        _ controller: USBController, to domain: DomainID, under lock: FileLock
    ) async throws(ToolstackError) -> USBController {
        guard controller.type == .pv || toolstack.deviceModelDomain(of: domain) == nil else {
            throw Self.stubdomainRefusal(domain)
        }
        return try await engine.attach(USBControllerClass.self, controller, to: domain, under: lock)
    }

    /// Gives a running domain a device of the host, and stores it with the domain's configuration. A domain without a
    /// port for it gets another controller.
    ///
    /// - Parameters:
    ///   - device: with controller and port, or without for the first one that is free.
    ///   - isForced: also a device that this host needs.
    /// - Returns: the device with its place.
    /// - Throws: when the device cannot be given; all is then as it was.
    @discardableResult
    public func attach(
        _ device: USBDevice, to domain: DomainID, isForced: Bool = false
    ) async throws(ToolstackError) -> USBDevice {
        let lock = try await engine.lockDevices(of: domain)
        defer { lock.release() }
        guard try !toolstack.info(of: domain).flags.contains(.dying) else {
            throw ToolstackError(.domainDestroyed, "cannot attach a USB device: domain \(domain) is ending")
        }
        guard toolstack.deviceModelDomain(of: domain) == nil else { throw Self.stubdomainRefusal(domain) }
        let hostLock = try await lockHost()
        defer { hostLock.release() }
        let found = try hostDevice(of: device)
        try check(found, isForced: isForced)
        warn(of: found)
        var undo = UndoStack()
        do throws(ToolstackError) {
            let placed = try await place(device, in: domain, under: lock, undo: &undo)
            try await give(found, placed, to: domain, undo: &undo)
            return placed
        } catch {
            await undo.unwind(toolstack)
            throw error
        }
    }

    /// Chooses a port, of a new controller where there is no other.
    private func place(
        _ device: USBDevice, in domain: DomainID, under lock: FileLock, undo: inout UndoStack
    ) async throws(ToolstackError) -> USBDevice {
        var device = device
        var ports = USBPorts(try controllers(of: domain).compactMap { USBPorts.Controller($0) })
        guard try !ports.place(&device) else { return device }
        let controller = try await attach(USBController(), to: domain, under: lock)
        undo.push("USB controller of domain \(domain)") { [self] in
            guard
                let made = try controllers(of: domain).first(where: {
                    Int64($0.id) == controller.deviceID.map(Int64.init)
                })
            else { return }
            try await remove(made, from: domain, force: .always, under: lock)
        }
        ports.add(controller)
        _ = try ports.place(&device)
        return device
    }

    private func give(
        _ found: HostUSBDevice, _ device: USBDevice, to domain: DomainID, undo: inout UndoStack
    ) async throws(ToolstackError) {
        let controller = try controller(for: device, among: try controllers(of: domain), of: domain)
        if controller.type == .qusb, !toolstack.servesUSB(deviceModelOf: domain) {
            throw ToolstackError(
                .notSupported, "cannot give a USB device to domain \(domain)", domain: domain,
                cause: "its QEMU does not serve USB controllers, or does not run",
                remedy: "it needs a QEMU that was built with libusb")
        }
        try record(found, device, controller, in: domain, undo: &undo)
        switch controller.type {
        case .pv: try await bind(found, for: domain)
        case .qusb: break
        case .devicemodel: try await plug(device, into: domain, undo: &undo)
        case .auto:
            throw ToolstackError(
                .notSupported, "cannot give a USB device to domain \(domain)", domain: domain,
                cause: "Unsupported usb controller type")
        }
    }

    private func plug(_ device: USBDevice, into domain: DomainID, undo: inout UndoStack) async throws(ToolstackError) {
        guard let emulated = Self.qemuDevice(device) else {
            throw ToolstackError(.invalid, "a USB device for domain \(domain) has no place", domain: domain)
        }
        undo.push("\(emulated.id) in the QEMU of domain \(domain)") { [self] in
            guard toolstack.isDeviceModelRunning(for: domain) else { return }
            try await toolstack.removeFromDeviceModel(emulated.id, of: domain, "take \(emulated.id) back")
        }
        try await toolstack.add(emulated, to: domain, "give a USB device to domain \(domain)")
    }

    /// Writes the port's node and the configuration that includes the device.
    private func record(
        _ found: HostUSBDevice, _ device: USBDevice, _ controller: USBControllerStatus, in domain: DomainID,
        undo: inout UndoStack
    ) throws(ToolstackError) {
        let place = USBControllerStatus.Port(
            number: device.port, device: found.name, bus: found.bus, address: found.address)
        undo.push("port \(device.port) of USB controller \(controller.id)") { [self] in
            do throws(ToolstackError) { try forget(place, of: controller, in: domain) } catch {
                // A domain that is gone has taken all along.
                guard error.code != .domainNotFound else { return }
                throw error
            }
        }
        try toolstack.withUserData(of: domain) { data throws(ToolstackError) in
            let before = try data.readConfiguration()
            do throws(ToolstackError) {
                try occupy(device.port, of: controller, in: domain, with: found)
                guard var configuration = before else { return }
                configuration.usbDevices.removeAll { $0.isAt(place, of: controller) }
                configuration.usbDevices.append(device)
                try data.write(configuration)
            } catch {
                if let before { try data.write(before) }
                throw error
            }
        }
    }

    // MARK: The stored configuration

    /// Leaves out what is stored and no longer there.
    func dropAbsent(in configuration: inout DomainConfiguration, of domain: DomainID) throws(ToolstackError) {
        guard !configuration.usbControllers.isEmpty || !configuration.usbDevices.isEmpty else { return }
        let controllers = try controllers(of: domain)
        configuration.usbControllers.removeAll { stored in
            // Without a number, nothing says which it is.
            stored.deviceID.map { id in !controllers.contains { Int64($0.id) == Int64(id) } } ?? false
        }
        configuration.usbDevices.removeAll { device in
            !controllers.contains { controller in
                controller.ports.contains { $0.device != nil && device.isAt($0, of: controller) }
            }
        }
    }
}

extension DomainConfiguration {
    /// Keeps where a created domain's USB devices are, which a state of QEMU that goes on there must find again.
    mutating func rememberUSB(of created: DomainConfiguration) {
        guard usbDevices.count == created.usbDevices.count, usbControllers.count <= created.usbControllers.count else {
            return
        }
        for index in usbDevices.indices {
            usbDevices[index].controllerID = created.usbDevices[index].controllerID
            usbDevices[index].port = created.usbDevices[index].port
        }
        usbControllers += created.usbControllers.dropFirst(usbControllers.count)
    }
}
