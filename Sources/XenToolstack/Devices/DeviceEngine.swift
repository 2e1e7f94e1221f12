import DomainConfig
import DomainModel
import XenControl
import XenStore
import XenTypes

/// Attaches devices to domains, and takes them off: the same way for every class.
///
/// What will be done is planned by the classes as values (`DevicePlan`); this carries it out, all devices of a
/// domain side by side.
package struct DeviceEngine: Sendable {
    let toolstack: Toolstack
    let hotplug: any HotplugRunner

    var store: StoreConnection { toolstack.store }
    var timeouts: Timeouts { toolstack.timeouts }

    /// - Parameter hotplug: what connects backends to the host; nil for scripts, and what does without them.
    package init(_ toolstack: Toolstack, hotplug: (any HotplugRunner)? = nil) {
        self.toolstack = toolstack
        self.hotplug = hotplug ?? toolstack.hotplug
    }

    // MARK: Completing

    /// Applies every device's defaults and refuses what cannot work, before anything is made: images and scripts
    /// that cannot be used, backends that do not exist, the same device twice.
    ///
    /// - Throws: `invalid` or `notSupported`, naming the device and what to do; `domainNotFound` for a backend.
    /// - Parameter domain: which has devices already that it is to have again, or none.
    package func complete(
        _ configuration: inout DomainConfiguration, for domain: DomainID = .invalid
    ) throws(ToolstackError) {
        try refuseUnknown(configuration)
        try PCIPassthrough(toolstack).complete(&configuration, for: domain)
        var context = DeviceContext(
            domain: .invalid, type: configuration.createInfo.type, scripts: toolstack.paths.scripts,
            release: toolstack.paths.release)
        context.drawAddress = AddressDraw(toolstack).draw
        context.hasUSBBack = toolstack.usb.hasUSBBack
        for deviceClass in DeviceClasses.all { try complete(deviceClass, &configuration, context) }
        try USBPassthrough(toolstack).complete(&configuration, context)
    }

    private func refuseUnknown(_ configuration: DomainConfiguration) throws(ToolstackError) {
        for (isEmpty, key) in [(configuration.dtDevices.isEmpty, "dtdev"), (configuration.virtios.isEmpty, "virtio")]
        where !isEmpty {
            throw ToolstackError(
                .notSupported, "cannot create a domain with \(key) devices", cause: "only ARM guests have them",
                remedy: "remove \(key)= from the configuration")
        }
    }

    private func complete<Class: DeviceClass>(
        _: Class.Type, _ configuration: inout DomainConfiguration, _ context: DeviceContext
    ) throws(ToolstackError) {
        var devices = configuration[keyPath: Class.devices]
        guard !devices.isEmpty else { return }
        Class.assignNumbers(&devices, taken: [])
        var numbers: Set<UInt32> = []
        for index in devices.indices {
            try resolveBackend(of: &devices[index])
            try Class.complete(&devices[index], context)
            if let number = Class.number(of: devices[index]), !numbers.insert(number).inserted {
                throw ToolstackError(
                    .invalid,
                    "cannot attach \(Class.noun) \(index) of the configuration: an earlier one is the same device")
            }
        }
        configuration[keyPath: Class.devices] = devices
    }

    func resolveBackend(of device: inout some BackedDevice) throws(ToolstackError) {
        guard let name = device.backendDomainName else { return }
        device.backendDomainID = try toolstack.findDomain(name)
    }

    // MARK: Attaching at creation

    /// What attaching all devices of a domain under construction writes and waits for.
    ///
    /// - Parameters:
    ///   - build: its configuration went through `complete`.
    ///   - assumed: the layout of the guest's rings, such as "x86_64-abi", for a PV guest that is not there yet.
    package func plans(
        for build: DomainBuild, nativeProtocol assumed: String? = nil
    ) throws(ToolstackError) -> [DevicePlan] {
        let context = try context(for: build, nativeProtocol: assumed)
        var plans: [DevicePlan] = []
        let configuration = Self.devices(of: build.configuration, on: build.release)
        for deviceClass in DeviceClasses.all { plans += try Self.plans(deviceClass, configuration, context) }
        let consoles = StubDomainConsoles.plans(build.consoleOutputs, context)
        return plans + (consoles.isEmpty ? [FirstConsole.plan(context)] : consoles)
    }

    /// An HVM guest has QEMU's screen and keyboard, whatever `vfb` says, and one paravirtual keyboard beside them. From
    /// some release on it has those of `vkb` instead, if there are any.
    static func devices(of configuration: DomainConfiguration, on release: XenRelease) -> DomainConfiguration {
        guard let hvm = configuration.buildInfo.hvm else { return configuration }
        var keyboard = VKBDevice()
        keyboard.deviceID = 0
        keyboard.backendType = .qemu
        var configuration = configuration
        configuration.vfbs = []
        guard !release.servesKeyboardsOfHVM || configuration.vkbs.isEmpty else { return configuration }
        configuration.vkbs = hvm.vkbDevice == true ? [keyboard] : []
        return configuration
    }

    private static func plans<Class: DeviceClass>(
        _: Class.Type, _ configuration: DomainConfiguration, _ context: DeviceContext
    ) throws(ToolstackError) -> [DevicePlan] {
        var plans: [DevicePlan] = []
        for (index, device) in configuration[keyPath: Class.devices].enumerated() {
            plans.append(try Class.plan(device, index: index, context))
        }
        return plans
    }

    private func context(
        for build: DomainBuild, nativeProtocol assumed: String?
    ) throws(ToolstackError) -> DeviceContext {
        let type = build.configuration.createInfo.type
        var context = DeviceContext(
            domain: build.domain, type: type, scripts: toolstack.paths.scripts, release: build.release)
        context.nativeProtocol = assumed
        if assumed == nil || type != .pv { context.nativeProtocol = try nativeProtocol(of: build.domain, type) }
        context.console = build.console
        return context
    }

    func nativeProtocol(of domain: DomainID, _ type: DomainType) throws(ToolstackError) -> String? {
        guard type == .pv else { return nil }
        do { return try toolstack.hypervisor.nativeProtocol(of: domain) } catch {
            throw ToolstackError(.fail, "cannot learn the ABI of domain \(domain)", domain: domain, underlying: error)
        }
    }

    /// What can be attached while a domain's memory is still on its way from where the guest runs. No disks: they would
    /// be read before the guest has written its last to them.
    func plansAheadOfMemory(of build: DomainBuild) throws(ToolstackError) -> [DevicePlan] {
        let context = try context(for: build, nativeProtocol: "")
        return try Self.plans(NICClass.self, build.configuration, context).filter { NICClass.isBridged($0, context) }
    }

    func connect(_ plans: [DevicePlan]) async throws(ToolstackError) {
        try await sideBySide(plans.map { plan in { try await connect(plan) } })
    }

    /// Where scripts put the disks that they made.
    func madeDisks(_ plans: [DevicePlan]) throws(ToolstackError) -> [Int32: String] {
        var paths: [Int32: String] = [:]
        for device in plans.map(\.address) {
            guard let number = Int32(exactly: device.id) else { continue }
            do { paths[number] = try store.read(device.backend / "physical-device-path") } catch {
                throw ToolstackError(.fail, "cannot find \(device)", domain: device.domain, underlying: error)
            }
        }
        return paths
    }

    func connectEmulation(of plan: DevicePlan) async throws(ToolstackError) {
        let device = plan.address
        guard plan.handshake == .backend, device.isServedHere,
            let script = try HotplugScript(.connect, device, part: .emulation, value: { plan.backendValue($0) })
        else { return }
        do throws(ToolstackError) { try await run(script, for: plan) } catch {
            throw ToolstackError(error.code, "cannot attach \(device)", domain: device.domain, underlying: error)
        }
    }

    typealias Action = @Sendable () async throws -> Void

    /// Does all at the same time; when one fails, the others are cancelled and its error is thrown.
    func sideBySide(_ actions: [Action]) async throws(ToolstackError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for action in actions { group.addTask { try await action() } }
                try await group.waitForAll()
            }
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.aborted, "cannot attach devices", underlying: error)
        }
    }

    func write(_ plans: [DevicePlan], of domain: DomainID) throws(ToolstackError) {
        do {
            try store.transaction { transaction throws(StoreError) in
                try transaction.perform(plans.flatMap(\.changes))
            }
        } catch {
            throw ToolstackError(.fail, "cannot write the devices' nodes", domain: domain, underlying: error)
        }
    }

    // MARK: The handshake

    /// Waits for the backend and connects it to the host.
    func connect(_ plan: DevicePlan) async throws(ToolstackError) {
        let device = plan.address
        switch plan.handshake {
        case .none: return
        case .emulation(let emulated): return try await toolstack.add(emulated, to: device.domain, "attach \(device)")
        case .backend: break
        }
        do throws(ToolstackError) {
            try await waitForBackend(of: device)
            // A backend in another domain is connected there, by that domain's own toolstack.
            guard device.isServedHere else { return }
            if let script = try HotplugScript(.connect, device, value: { plan.backendValue($0) }) {
                try await run(script, for: plan)
                removeStrayNodes(of: plan)
            }
        } catch {
            throw ToolstackError(error.code, "cannot attach \(device)", domain: device.domain, underlying: error)
        }
    }

    /// Runs a script that connects a device.
    ///
    /// - Throws: `domainDestroyed` when the device was taken away meanwhile: whoever did that, most likely with the
    ///   domain, could not yet take back what the script has made since. This does.
    private func run(_ script: HotplugScript, for plan: DevicePlan) async throws(ToolstackError) {
        let result: Result<Void, ToolstackError>
        do throws(ToolstackError) { result = .success(try await hotplug.run(script)) } catch {
            result = .failure(error)
        }
        let isKnown = (try? store.exists(plan.address.record)) ?? true
        guard isKnown else {
            await toTheEnd { await retract(plan) }
            throw ToolstackError(.domainDestroyed, "it was taken away while \(script.path) ran")
        }
        try result.get()
    }

    private func waitForBackend(of device: DeviceAddress) async throws(ToolstackError) {
        let state = device.backend / "state"
        do {
            try await toolstack.wait(
                for: "the backend of \(device) in domain \(device.backendDomain)", domain: device.domain,
                watching: [state], within: timeouts.deviceInitialise
            ) { [store] () throws -> Observation<Void> in
                guard let text = try store.read(state) else { return .pending("no state") }
                switch XenbusState(text: text) {
                case .initWait, .initialised, .connected: return .reached(())
                case let other: return .pending("state \(other.map { $0.name } ?? text)")
                }
            }
        } catch {
            var error = toolstack.withWords(ofBackendOf: device, error)
            if let module = device.backendKind.backendModule, error.code == .timedOut {
                error.remedy = "is the module \(module) loaded in domain \(device.backendDomain)?"
            }
            throw error
        }
    }

    /// The stock bridge script reads a domain's and a card's number out of the interface's name, and writes the
    /// frontend's MTU there: with a name of the user's choice into a domain that cannot exist.
    private func removeStrayNodes(of plan: DevicePlan) {
        guard let name = plan.backendValue("vifname") else { return }
        let rest = name.hasPrefix("vif") ? name.dropFirst(3) : name[...]
        let domain = rest.lastIndex(of: ".").map { rest[..<$0] } ?? rest
        guard !domain.isEmpty, UInt32(domain) == nil, !domain.contains("/") else { return }
        let stray: StorePath = "/local/domain/\(String(domain))"
        guard stray.problem == nil else { return }
        toolstack.logFailure("remove \(stray)") { try store.remove(stray) }
    }
}

extension Toolstack {
    /// An error with what the kernel of a device's backend has noted of the failure, if it has.
    func withWords(ofBackendOf device: DeviceAddress, _ error: ToolstackError) -> ToolstackError {
        guard let words = (try? store.read(device.backendError)) ?? nil else { return error }
        var error = error
        error.cause = [error.cause, "the backend says: \(words.excerpt)"].compactMap(\.self).joined(separator: "; ")
        return error
    }
}
