import DomainModel
import XenStore
import XenTypes

/// Gives devices of the host's USB to domains: what the store says of a controller's ports, the drivers of the host, and
/// QEMU's part. Controllers themselves are devices like others (`USBControllerClass`).
public struct USBPassthrough: Sendable {
    let toolstack: Toolstack

    var store: StoreConnection { toolstack.store }
    var usb: HostUSB { toolstack.usb }
    var engine: DeviceEngine { DeviceEngine(toolstack) }

    /// Operations on a host.
    public init(_ toolstack: Toolstack) { self.toolstack = toolstack }

    static func failure(_ domain: DomainID, _ what: String, _ error: any Error) -> ToolstackError {
        ToolstackError(.fail, "cannot \(what)", domain: domain, underlying: error)
    }

    /// Keeps others from changing who has which device.
    func lockHost() async throws(ToolstackError) -> FileLock {
        try Files.makeDirectory(toolstack.paths.run)
        return try await FileLock.acquire(
            toolstack.paths.run.appending("xl-usb.lock"), logger: toolstack.logger)
    }

    // MARK: Before anything is made

    /// Finds places for devices, with more controllers where there are too few ports, and refuses what cannot work.
    ///
    /// - Parameter configuration: its controllers have been completed.
    func complete(
        _ configuration: inout DomainConfiguration, _ context: DeviceContext
    ) throws(ToolstackError) {
        let (controllers, devices) = (configuration.usbControllers, configuration.usbDevices)
        if configuration.buildInfo.deviceModelStubdomain == true {
            guard devices.isEmpty, controllers.allSatisfy({ $0.type == .pv }) else { throw Self.stubdomainRefusal(nil) }
        }
        var ports = USBPorts(controllers)
        var seen: Set<String> = []
        // Those that say where they want to be first, so that the others leave them their places.
        let order =
            devices.indices.filter { devices[$0].controllerID != nil }
            + devices.indices.filter { devices[$0].controllerID == nil }
        for index in order {
            let found = try hostDevice(of: devices[index])
            guard seen.insert(found.name).inserted else {
                throw ToolstackError(
                    .invalid, "cannot give \(Self.title(found)) to the guest twice", remedy: "name it once in usbdev=")
            }
            // A guest that is reset in place has them already.
            try check(found, isForced: false, mayHave: configuration.createInfo.uuid)
            if try !ports.place(&configuration.usbDevices[index]) {
                var more = configuration.usbControllers + [USBController()]
                USBControllerClass.assignNumbers(&more, taken: [])
                try USBControllerClass.complete(&more[more.count - 1], context)
                configuration.usbControllers = more
                ports.add(more[more.count - 1])
                _ = try ports.place(&configuration.usbDevices[index])
            }
        }
    }

    static func stubdomainRefusal(_ domain: DomainID?) -> ToolstackError {
        ToolstackError(
            .notSupported, "cannot give USB devices to a guest whose device model has a domain of its own",
            domain: domain, remedy: "only controllers of type pv do without one")
    }

    static func title(_ device: HostUSBDevice) -> String {
        "USB device \(device.name) (bus \(device.bus), address \(device.address))"
    }

    /// The device that a specification means.
    func hostDevice(of device: USBDevice) throws(ToolstackError) -> HostUSBDevice {
        guard let host = device.hostDevice, host.hostBus > 0, host.hostAddress > 0 else {
            throw ToolstackError(
                .invalid, "a USB device for a guest has no address",
                remedy: "set hostbus= and hostaddr= as lsusb shows them")
        }
        guard let found = usb.device(bus: host.hostBus, address: host.hostAddress) else {
            throw ToolstackError(
                .notFound, "the host has no USB device at bus \(host.hostBus), address \(host.hostAddress)",
                remedy: "lsusb shows those that it has; a device that was plugged in again has another address")
        }
        return found
    }

    /// Refuses a device that no guest can have now.
    ///
    /// - Parameters:
    ///   - isForced: also one that this host needs.
    ///   - own: the domain that may have it.
    func check(_ device: HostUSBDevice, isForced: Bool, mayHave own: XenUUID? = nil) throws(ToolstackError) {
        let what = "cannot give \(Self.title(device)) to a guest"
        guard !device.isHub else {
            throw ToolstackError(.invalid, what, cause: "it is a hub", remedy: "give what is plugged into it")
        }
        if let domain = try owner(ofDeviceNamed: device.name, except: own) {
            throw ToolstackError(
                .invalid, what, domain: domain, cause: "domain \(domain) has it",
                remedy: "xl usbdev-detach takes it away, with what xl usb-list \(domain) shows")
        }
        let vital = isForced ? [] : uses(of: device).filter(\.isVital)
        guard vital.isEmpty else {
            throw ToolstackError(
                .invalid, what, cause: "this host uses it: \(vital.map(\.description).joined(separator: "; "))",
                remedy: "end that, or give it to the running guest with xl usbdev-attach --force")
        }
    }

    private func uses(of device: HostUSBDevice) -> [DeviceUse] {
        DeviceUses(toolstack.paths).uses(ofDeviceNamed: device.name)
    }

    /// Says what this host is about to do without.
    func warn(of device: HostUSBDevice) {
        for use in uses(of: device) { toolstack.logger.warning("\(Self.title(device)) goes to a guest: \(use)") }
    }

    /// The domain that has a device, if it is still there.
    func owner(ofDeviceNamed name: String, except own: XenUUID? = nil) throws(ToolstackError) -> DomainID? {
        do {
            for number in try (store.list("/libxl") ?? []).compactMap({ UInt32($0) }) {
                let domain = DomainID(number)
                let isThere = try controllers(of: domain).contains { controller in
                    controller.backendDomain == .control && controller.ports.contains { $0.device == name }
                }
                if isThere, let info = try toolstack.hypervisor.info(of: domain), info.uuid != own { return domain }
            }
            return nil
        } catch {
            throw ToolstackError(.fail, "cannot find out who has USB device \(name)", underlying: error)
        }
    }

    // MARK: QEMU

    /// What QEMU makes of a device at an emulated controller; nil for one without a place.
    static func qemuDevice(_ device: USBDevice) -> QEMUDevice? {
        guard let host = device.hostDevice, let controller = device.controllerID.flatMap({ UInt32(exactly: $0) }) else {
            return nil
        }
        return QEMUDevice(
            "usb-host", id: qemuID(bus: host.hostBus, address: host.hostAddress),
            [
                "bus": .text("\(USBControllerClass.qemuID(controller)).0"), "port": .text("\(device.port)"),
                "hostbus": .number(Int64(host.hostBus)), "hostaddr": .number(Int64(host.hostAddress)),
            ])
    }

    static func qemuID(bus: UInt8, address: UInt8) -> String { "xenusb-\(bus)-\(address)" }

    // MARK: At creation

    /// Gives a new domain its devices. It does not run yet, but its controllers are there, and so is its QEMU, which has
    /// those of emulated controllers from its command line.
    func attachAll(_ build: DomainBuild, undo: inout UndoStack) async throws(ToolstackError) {
        let (domain, devices) = (build.domain, build.configuration.usbDevices)
        try checkQEMU(of: build)
        guard !devices.isEmpty else { return }
        let lock = try await lockHost()
        defer { lock.release() }
        let controllers = try controllers(of: domain)
        undo.push("USB devices of domain \(domain)") { [self] in await destroyAll(of: domain) }
        for device in devices {
            let found = try hostDevice(of: device)
            try check(found, isForced: false)
            warn(of: found)
            let controller = try controller(for: device, among: controllers, of: domain)
            try occupy(device.port, of: controller, in: domain, with: found)
            if controller.type == .pv { try await bind(found, for: domain) }
        }
    }

    /// A QEMU may have been built without what serves paravirtual controllers, and says nothing of it.
    private func checkQEMU(of build: DomainBuild) throws(ToolstackError) {
        let controllers = build.configuration.usbControllers.filter { USBControllerClass.needsDeviceModel($0) }
        guard !controllers.isEmpty, !toolstack.servesUSB(deviceModelOf: build.domain) else { return }
        let words = "the QEMU of domain \(build.domain) has no backend for USB controllers of type qusb"
        let numbers = controllers.compactMap(\.deviceID)
        guard !build.configuration.usbDevices.contains(where: { $0.controllerID.map(numbers.contains) ?? false }) else {
            throw ToolstackError(
                .notSupported, "cannot give USB devices to domain \(build.domain)", domain: build.domain, cause: words,
                remedy: "it needs a QEMU that was built with libusb")
        }
        toolstack.logger.warning("\(words): the guest cannot use them")
    }

    /// - Throws: `notFound` when the domain has no such controller.
    func controller(
        for device: USBDevice, among controllers: [USBControllerStatus], of domain: DomainID
    ) throws(ToolstackError) -> USBControllerStatus {
        guard let id = device.controllerID, let found = controllers.first(where: { Int64($0.id) == Int64(id) }) else {
            throw ToolstackError(.notFound, "domain \(domain) has no such USB controller", domain: domain)
        }
        return found
    }

    /// Writes which device is at a port, which its backend watches.
    func occupy(
        _ port: Int32, of controller: USBControllerStatus, in domain: DomainID, with device: HostUSBDevice
    ) throws(ToolstackError) {
        let node = controller.node(ofPort: port, of: domain)
        let isFree: Bool
        do {
            isFree = try store.transaction { transaction throws(StoreError) in
                guard try transaction.read(node) == "" else { return false }
                try transaction.write(node, device.name)
                return true
            }
        } catch {
            throw Self.failure(domain, "write which USB device domain \(domain) has", error)
        }
        guard isFree else {
            throw ToolstackError(
                .invalid, "The controller port isn't available", domain: domain,
                cause: "port \(port) of \(controller.id) is taken, or not there")
        }
    }

    // MARK: Drivers

    func perform(_ step: USBBindingPlan.Step) async throws(ToolstackError) {
        switch step {
        case .write(let interface, let file): try await toolstack.bind(interface, by: file)
        case .note(let interface, let driver):
            do { try USBNotes.set(driver, for: interface, in: store) } catch {
                throw ToolstackError(.fail, "cannot note the driver of \(interface)", underlying: error)
            }
        }
    }

    /// The interfaces of a device that are there, and the drivers that they had.
    func noted(_ name: String) throws(ToolstackError) -> (interfaces: [HostUSBInterface], notes: [String: String]) {
        let interfaces = try usb.interfaces(of: name)
        do { return (interfaces, try USBNotes.read(of: interfaces, in: store)) } catch {
            throw ToolstackError(.fail, "cannot read which drivers USB device \(name) had", underlying: error)
        }
    }

    /// Takes a device from its drivers and gives it to the kernel's backend. When a step fails, it has its drivers again.
    func bind(_ device: HostUSBDevice, for domain: DomainID) async throws(ToolstackError) {
        let (interfaces, notes) = try noted(device.name)
        let plan = USBBindingPlan.giving(interfaces, to: usb.usbback, notes: notes)
        try await toolstack.carryOut(plan.entries, "give \(Self.title(device)) to domain \(domain)") {
            [self] step throws(ToolstackError) in try await perform(step)
        }
    }
}

extension Toolstack {
    /// Whether a domain's QEMU says that it serves paravirtual USB controllers.
    func servesUSB(deviceModelOf domain: DomainID) -> Bool {
        (try? store.exists(DeviceModelPlan.storePath(domain) / "backends" / DeviceKind.qusb.rawValue)) ?? false
    }
}
