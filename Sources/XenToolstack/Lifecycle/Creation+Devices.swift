import DomainModel
import XenTypes

/// The devices and what serves them.
extension Creation {
    /// What a guest gets only when QEMU runs in its stub domain, which has cards of its own.
    private static let kindsAfterStubDomain = Set(DeviceClasses.all.filter { $0.followsStubDomain }.map { $0.kind })

    private var configuration: DomainConfiguration { build.configuration }
    private var engine: DeviceEngine { DeviceEngine(toolstack) }

    var uses9PDaemon: Bool {
        configuration.p9s.contains { $0.type == .xen9pfsd && $0.backendDomainID == .control }
    }
    var hasStubDomain: Bool { DeviceModelPlan.runsInStubDomain(configuration) }
    var startsDeviceModelLate: Bool {
        DeviceModelPlan.needed(by: build) && !EarlyDeviceModel.isPossible(for: build)
    }
    var hasUSB: Bool { !configuration.usbControllers.isEmpty || !configuration.usbDevices.isEmpty }
    var usesHostIO: Bool { !build.info.ioPorts.isEmpty || !build.info.irqs.isEmpty || !build.info.ioMemory.isEmpty }

    var hasDevicesAfterStubDomain: Bool {
        func isPresent<Class: DeviceClass>(_: Class.Type) -> Bool { !configuration[keyPath: Class.devices].isEmpty }
        return hasStubDomain
            && DeviceClasses.all.contains { Self.kindsAfterStubDomain.contains($0.kind) && isPresent($0) }
    }

    /// The disks that QEMU opens where scripts have put them.
    var scriptedDisks: Set<UInt32> {
        guard build.type == .hvm else { return [] }
        return Set(configuration.disks.filter { $0.script != nil }.compactMap(DiskClass.number))
    }

    mutating func planDevices() throws {
        devices = try engine.plans(for: build)
        let later = hasStubDomain ? Self.kindsAfterStubDomain : []
        waiting = devices.filter { !attached.contains($0.address) && !later.contains($0.address.kind) }
        undo.push("devices of domain \(build.domain)") { [engine, domain = build.domain] in
            await engine.destroyAll(of: domain)
        }
    }

    mutating func writeDeviceNodes() throws {
        try engine.write(waiting, of: build.domain)
        guard DeviceModelPlan.needed(by: build) else { return }
        undo.push("device model of domain \(build.domain)") { [toolstack, deviceModel, domain = build.domain] in
            if let deviceModel { await deviceModel.stop() } else { await toolstack.stopDeviceModel(of: domain) }
        }
    }

    mutating func attachDisks() async throws {
        let numbers = scriptedDisks
        let disks = waiting.filter { $0.address.kind == DiskClass.kind && numbers.contains($0.address.id) }
        try await engine.connect(disks)
        madeDisks = try engine.madeDisks(disks)
        waiting.removeAll { disks.map(\.address).contains($0.address) }
    }

    /// Connects the devices, which is when backends are ready and scripts have run; the guest's side connects when it
    /// runs. QEMU starts beside them: it makes the tap devices that scripts connect to the network.
    func attachDevices() async throws {
        guard DeviceModelPlan.needed(by: build) else { return try await engine.connect(waiting) }
        let (toolstack, engine, early) = (toolstack, engine, deviceModel)
        let model = try early?.plan ?? DeviceModelPlan(build, toolstack.paths, scriptedDisks: madeDisks)
        for warning in model.warnings { toolstack.logger.warning("\(warning)") }
        let (isHVM, display) = (build.type == .hvm, configuration.display)
        var actions: [DeviceEngine.Action] = waiting.map { plan in { try await engine.connect(plan) } }
        actions.append {
            if let early { try await early.finish() } else { try await toolstack.start(model) }
            if isHVM || display != nil { try await toolstack.completeDeviceModel(model, display: display) }
        }
        try await engine.sideBySide(actions)
        if isHVM {
            try await engine.sideBySide(devices.map { plan in { try await engine.connectEmulation(of: plan) } })
        }
        try toolstack.requireRunning(model)
    }

    mutating func startStubDomain() async throws {
        try await toolstack.startStubDomain(for: build, undo: &undo)
        waiting = devices.filter { Self.kindsAfterStubDomain.contains($0.address.kind) }
    }
}
