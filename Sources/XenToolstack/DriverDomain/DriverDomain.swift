import Synchronization
import SystemPackage
import XenStore
import XenTypes

/// What a domain does whose kernel or QEMU provides disks, cards and shares to others: it runs the hotplug scripts of
/// its backends and takes away what the toolstack's domain has given up. This domain may be the control domain, too.
///
/// It needs no hypervisor: all that it learns, it learns from the nodes of its own backends, which the toolstack's domain
/// and its own kernel write. What a guest writes is never read. It keeps no file: a process that starts anew goes on from
/// the nodes.
package final class DriverDomain: Sendable {
    /// What is dealt with at a time, all other such things beside it.
    enum Unit: Sendable, Hashable {
        /// A backend that a script connects, or that only its driver serves.
        case device(DeviceAddress)
        /// A guest's backends that QEMU serves.
        case model(DomainID)

        init(_ device: DeviceAddress) {
            self = device.backendKind.isServedByBackendModel ? .model(device.domain) : .device(device)
        }
    }

    /// A loop device that a script gave an image file.
    private struct Loop: Sendable {
        var device: FilePath
        var file: FilePath
    }

    private struct State: Sendable {
        /// Backends that were connected, or tried in vain.
        var known: [DeviceAddress: Loop?] = [:]
        /// Backends for which QEMU could not be started.
        var hopeless: Set<DeviceAddress> = []
        /// QEMUs that this process has started.
        var models: [DomainID: ChildProcess] = [:]
    }

    /// How many scripts and QEMUs may be at work side by side.
    private static let limit = 16

    package let domain: DomainID
    private let toolstack: Toolstack
    private let hotplug: any HotplugRunner
    private let storage: any StorageKernel
    private let state = Mutex(State())
    private let queue = WorkQueue<Unit>()

    private var store: StoreConnection { toolstack.store }
    private var root: StorePath { DomainPaths(domain).guest / "backend" }

    /// - Throws: `fail` when xenstore does not say which domain this is.
    package convenience init(_ toolstack: Toolstack) throws(ToolstackError) {
        self.init(toolstack, domain: try Self.ownDomain(toolstack.store))
    }

    init(
        _ toolstack: Toolstack, domain: DomainID, hotplug: (any HotplugRunner)? = nil,
        storage: any StorageKernel = LinuxStorage()
    ) {
        self.toolstack = toolstack
        self.domain = domain
        self.hotplug = hotplug ?? ScriptRunner(toolstack, locksGuest: false)
        self.storage = storage
    }

    /// The number of the domain in which this runs. A path without a slash before it begins at its home.
    private static func ownDomain(_ store: StoreConnection) throws(ToolstackError) -> DomainID {
        do {
            if let id = try store.read("domid").flatMap({ UInt32($0) }) { return DomainID(id) }
        } catch {
            throw ToolstackError(.fail, "cannot learn which domain this is", underlying: error)
        }
        throw ToolstackError(
            .fail, "cannot learn which domain this is", cause: "xenstore has no domid in this domain's home",
            remedy: "in the control domain, xen-init-dom0 writes it")
    }

    /// Serves the backends until the task is cancelled; scripts that run then still get some seconds to end. Devices and
    /// QEMUs stay as they are, for the next process to take up.
    ///
    /// - Parameter ready: called once all backends that are there are known.
    /// - Throws: `lockFail` when another process does so, `fail` when xenstored is lost for good.
    package func run(ready: @escaping @Sendable () -> Void = {}) async throws(ToolstackError) {
        try Files.makeDirectory(toolstack.paths.run)
        let path = toolstack.paths.run.appending("xldevd-\(domain).lock")
        guard let lock = try FileLock.acquireIfFree(path) else {
            throw ToolstackError(
                .lockFail, "cannot serve the backends of domain \(domain)",
                cause: "another process does, which has \(path)")
        }
        defer { lock.release() }
        do {
            while true {
                do { return try await follow(ready) } catch let error as StoreError where error.isLapse {
                    guard await store.awaitRecovery(within: toolstack.timeouts.storeRecovery) else { throw error }
                }
            }
        } catch {
            throw ToolstackError(.fail, "cannot follow the backends of domain \(domain)", underlying: error)
        }
    }

    private func follow(_ ready: @escaping @Sendable () -> Void) async throws {
        let watch = try store.watch(root)
        defer { watch.cancel() }
        try await withThrowingDiscardingTaskGroup { group in
            for try await event in watch {
                queue.add(try units(of: event.path))
                while queue.takeSlot(of: Self.limit) {
                    group.addTask {
                        while let unit = self.queue.next() {
                            await self.attend(to: unit)
                            self.queue.finish(unit)
                        }
                    }
                }
                ready()
            }
        }
    }

    // MARK: What there is

    /// What a change concerns: a backend, or all of them.
    private func units(of path: StorePath) throws(StoreError) -> [Unit] {
        let parts = root.relativePart(of: path)?.split(separator: "/") ?? []
        if parts.count >= 3 {
            return DeviceAddress(backend: root / parts[..<3].joined(separator: "/")).map { [Unit($0)] } ?? []
        }
        let known = state.withLock { Array($0.known.keys) + $0.models.keys.map { DeviceAddress.model($0, domain) } }
        return (try devices(of: DeviceKind.allCases) + known).map { Unit($0) }
    }

    private func devices(
        of kinds: [DeviceKind], for guest: DomainID? = nil
    ) throws(StoreError) -> [DeviceAddress] {
        var domains = kinds.map { root / $0.rawValue }
        if let guest {
            domains = domains.map { $0 / guest }
        } else {
            domains = zip(domains, try store.list(domains)).flatMap { path, names in (names ?? []).map { path / $0 } }
        }
        return zip(domains, try store.list(domains)).flatMap { path, names in
            (names ?? []).compactMap { DeviceAddress(backend: path / $0) }
        }
    }

    private func sights(_ devices: [DeviceAddress]) throws(StoreError) -> [BackendSight?] {
        let keys = ["state", "online", "hotplug-status", "physical-device", "frontend"]
        let values = try store.read(devices.flatMap { device in keys.map { device.backend / $0 } })
        return devices.indices.map { index in
            let values = values[(index * keys.count)...].prefix(keys.count).map(\.self)
            guard values[0] != nil || values[4] != nil else { return nil }
            return BackendSight(
                state: values[0].flatMap { XenbusState(text: $0) }, isOnline: values[1] != "0",
                isConnected: values[2] == NativeHotplug.Status.connected.rawValue || values[3] != nil)
        }
    }

    // MARK: What is done

    private func attend(to unit: Unit) async {
        guard !Task.isCancelled else { return }
        do {
            switch unit {
            case .device(let device): try await attend(to: device)
            case .model(let guest): try await attend(toModelOf: guest)
            }
        } catch {
            toolstack.logger.error("cannot look at what domain \(domain) serves: \(error)")
        }
    }

    private func attend(to device: DeviceAddress) async throws(StoreError) {
        let isKnown = state.withLock { $0.known[device] != nil }
        switch BackendStep(try sights([device])[0], isKnown: isKnown) {
        case .wait: break
        case .connect:
            await connect(device)
            try note(device)
        case .adopt: try note(device)
        case .remove:
            await disconnect(device)
            remove(device)
            state.withLock { _ = $0.known.removeValue(forKey: device) }
        case .release:
            let loop = state.withLock { $0.known.removeValue(forKey: device) ?? nil }
            if let loop { release(loop, of: device) }
        }
    }

    /// Remembers a backend, and what will have to be given back when its nodes are gone.
    private func note(_ device: DeviceAddress) throws(StoreError) {
        var loop: Loop?
        if device.backendKind == .vbd {
            let values = try store.read(["node", "params"].map { device.backend / $0 })
            if let node = values[0], node.hasPrefix("/dev/loop"), let file = values[1], file.hasPrefix("/") {
                loop = Loop(device: FilePath(node), file: FilePath(file))
            }
        }
        state.withLock { $0.known[device] = .some(loop) }
    }

    private func connect(_ device: DeviceAddress) async {
        do throws(ToolstackError) {
            for script in try scripts(.connect, device) { try await hotplug.run(script) }
            toolstack.logger.info("domain \(device.domain): \(device) is connected")
        } catch {
            let words = "cannot connect \(device) of domain \(device.domain): \(error)"
            toolstack.logger.error("\(words)")
            // The toolstack's domain can read it there; a script's own words stand.
            toolstack.logFailure("tell xenstore so") {
                guard try store.read(device.backend / "hotplug-error") == nil, try sights([device])[0] != nil else {
                    return
                }
                try store.write(device.backend / "hotplug-error", words)
            }
        }
    }

    private func disconnect(_ device: DeviceAddress) async {
        do throws(ToolstackError) {
            for script in try scripts(.disconnect, device) { try await hotplug.run(script) }
            toolstack.logger.info("domain \(device.domain): \(device) is disconnected")
        } catch {
            toolstack.logger.warning("cannot disconnect \(device) of domain \(device.domain): \(error)")
        }
    }

    /// The scripts that connect a backend to this domain's storage or network, or take it off.
    private func scripts(
        _ action: HotplugScript.Action, _ device: DeviceAddress
    ) throws(ToolstackError) -> [HotplugScript] {
        var scripts: [HotplugScript] = []
        for part in [HotplugScript.Part.backend, .emulation] {
            let script = try HotplugScript(action, device, part: part) { key throws(ToolstackError) in
                do { return try store.read(device.backend / key) } catch {
                    throw ToolstackError(.fail, "cannot read the nodes of \(device)", underlying: error)
                }
            }
            guard let script else { continue }
            // The tap device of an emulated card is where its QEMU runs, which is seldom here.
            if part == .emulation, !(script.environment["INTERFACE"].map(Self.isInterface) ?? false) { continue }
            scripts.append(script)
        }
        return scripts
    }

    private static func isInterface(_ name: String) -> Bool { HostFile.inspect("/sys/class/net/\(name)") == .directory }

    /// Removes a backend's nodes; above them, what is empty and this domain's own.
    private func remove(_ device: DeviceAddress) {
        toolstack.insist("remove \(device.backend)") { try store.remove(device.backend) }
        try? store.removeEmptyParents(of: [device.backend], attempts: 4)
    }

    /// Takes an image file from its loop device once nobody uses it, for a device whose nodes the toolstack's domain has
    /// removed by force: no script could find them any more.
    private func release(_ loop: Loop, of device: DeviceAddress) {
        toolstack.logFailure("take \(loop.file) from \(loop.device)") {
            guard case .block(let number)? = try storage.node(at: loop.device)?.kind,
                case .regular(let file)? = try storage.node(at: loop.file)?.kind,
                try storage.boundLoops().contains(BoundLoop(device: number, file: file))
            else { return }
            try storage.detachLoop(loop.device)
            toolstack.logger.info("domain \(device.domain): \(device) was taken away; \(loop.device) is free")
        }
    }
}

// MARK: QEMU

extension DriverDomain {
    private func attend(toModelOf guest: DomainID) async throws(StoreError) {
        let devices = try devices(of: DeviceKind.allCases.filter(\.isServedByBackendModel), for: guest)
        let sights = zip(devices, try sights(devices)).compactMap { device, sight in sight.map { (device, $0) } }
        let model = BackendModel(toolstack: toolstack, host: domain, guest: guest)
        let hopeless = state.withLock { state in
            // What is gone may come again, and with it another try.
            state.hopeless = state.hopeless.filter { $0.domain != guest || devices.contains($0) }
            return state.hopeless
        }
        let step = BackendModelStep(sights, isRunning: model.isRunning, hopeless: hopeless)
        for device in step.removed { remove(device) }
        switch step.process {
        case .leave: break
        case .start: await start(model, for: devices)
        case .stop:
            state.withLock { _ = $0.models.removeValue(forKey: guest) }
            await model.stop()
        }
    }

    private func start(_ model: BackendModel, for devices: [DeviceAddress]) async {
        do throws(ToolstackError) {
            let process = try await model.start()
            state.withLock { $0.models[model.guest] = process }
            // Nobody else waits for its end, nor for this task.
            Task.detached(executorPreference: EventLoop.shared.preference) { [weak self, guest = model.guest] in
                guard let status = try? await process.wait() else { return }
                self?.noteEnd(of: process, status, servingDomain: guest)
            }
        } catch {
            state.withLock { $0.hopeless.formUnion(devices) }
            toolstack.logger.error("cannot serve the disk images of domain \(model.guest): \(error)")
        }
    }

    private func noteEnd(of process: ChildProcess, _ status: ChildProcess.ExitStatus, servingDomain guest: DomainID) {
        let wasWanted = state.withLock { state in
            guard state.models[guest] === process else { return false }
            return state.models.removeValue(forKey: guest) != nil
        }
        guard wasWanted else { return }
        toolstack.logger.error(
            "the device model that serves domain \(guest) \(status): its disk images are gone for that guest")
    }
}

extension DeviceAddress {
    /// Stands for whatever of a guest QEMU serves.
    fileprivate static func model(_ guest: DomainID, _ host: DomainID) -> DeviceAddress {
        DeviceAddress(domain: guest, kind: .vbd, id: 0, backendDomain: host, backendKind: .qdisk)
    }
}

/// What is to be looked at, each once, and never by two at a time.
private final class WorkQueue<Unit: Hashable & Sendable>: Sendable {
    private struct State: Sendable {
        var pending: [Unit] = []
        var active: Set<Unit> = []
        var workers = 0
    }

    private let state = Mutex(State())

    func add(_ units: [Unit]) {
        state.withLock { state in
            for unit in units where !state.pending.contains(unit) { state.pending.append(unit) }
        }
    }

    /// Whether one more worker is of use, which is counted from now on.
    func takeSlot(of limit: Int) -> Bool {
        state.withLock { state in
            guard state.workers < limit, state.pending.contains(where: { !state.active.contains($0) }),
                state.workers < state.active.count + state.pending.count
            else { return false }
            state.workers += 1
            return true
        }
    }

    /// The next unit that nobody looks at; with nil, the worker's slot is free.
    func next() -> Unit? {
        state.withLock { state in
            guard let index = state.pending.firstIndex(where: { !state.active.contains($0) }) else {
                state.workers -= 1
                return nil
            }
            let unit = state.pending.remove(at: index)
            state.active.insert(unit)
            return unit
        }
    }

    func finish(_ unit: Unit) { state.withLock { _ = $0.active.remove(unit) } }
}
