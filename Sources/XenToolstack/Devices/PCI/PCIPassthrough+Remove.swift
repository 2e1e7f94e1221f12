import DomainModel
import XenControl
import XenStore
import XenTypes

/// A function of a PCI device that a domain has.
public struct PassedPCIDevice: Sendable, Hashable {
    /// The domain that has it.
    public var domain: DomainID
    /// Where it is on the host.
    public var address: PCIDeviceAddress
    /// Where an HVM guest has it: slot in the upper bits, function in the lower three; 0 where that is not known.
    public var virtualDevfn: UInt32
    /// The slot in the guest.
    public var virtualSlot: UInt32 { virtualDevfn >> 3 & 0x1F }
    /// The function in the guest.
    public var virtualFunction: UInt32 { virtualDevfn & 7 }
    /// As the guest's toolstack wrote them: "msitranslate=0,power_mgmt=0,…".
    public var options: String?
    /// Its name among the devices that are kept for guests, if it has one.
    public var name: String?

    public init(
        domain: DomainID, address: PCIDeviceAddress, virtualDevfn: UInt32, options: String? = nil, name: String? = nil
    ) {
        self.domain = domain
        self.address = address
        self.virtualDevfn = virtualDevfn
        self.options = options
        self.name = name
    }
}

extension PCIPassthrough {
    /// The devices that a domain has, in the order in which it got them.
    public func devices(of domain: DomainID) throws(ToolstackError) -> [PassedPCIDevice] {
        try backend(of: domain)?.slots.compactMap { slot in
            guard let address = slot.address else { return nil }
            return PassedPCIDevice(
                domain: domain, address: address, virtualDevfn: slot.virtualDevfn, options: slot.values["opts-"],
                name: slot.values["name-"])
        } ?? []
    }

    private func backend(of domain: DomainID) throws(ToolstackError) -> PCIBackend? {
        do { return try PCIBackend.read(of: domain, in: store) } catch {
            throw Self.failure(domain, "list the PCI devices of domain \(domain)", error)
        }
    }

    private func perform(
        _ changes: [StoreChange], _ domain: DomainID, _ what: String
    ) throws(ToolstackError) {
        do {
            try store.transaction { transaction throws(StoreError) in try transaction.perform(changes) }
        } catch {
            throw Self.failure(domain, what, error)
        }
    }

    // MARK: While a domain runs

    /// Gives a running domain a device, and stores it with the domain's configuration.
    ///
    /// - Throws: when the device cannot be given; all is then as it was.
    public func attach(_ device: PCIDevice, to domain: DomainID) async throws(ToolstackError) {
        let device = Self.completed(device)
        let info = try toolstack.info(of: domain)
        let data = UserData(of: domain, uuid: info.uuid, paths: toolstack.paths)
        let lock = try await FileLock.acquire(data.path(of: .devices), logger: toolstack.logger)
        defer { lock.release() }
        guard try !toolstack.info(of: domain).flags.contains(.dying) else {
            throw ToolstackError(.domainDestroyed, "cannot attach a PCI device: domain \(domain) is ending")
        }
        let type = try toolstack.type(of: domain)
        try check(type, of: domain)
        let hostLock = try await toolstack.lockPCI()
        defer { hostLock.release() }
        var undo = UndoStack()
        do throws(ToolstackError) {
            // What is to be refused is, before the guest is waited for.
            for function in try functions(of: device) { try check(function) }
            let before = try backend(of: domain)
            if before != nil, type == .pv { try await awaitGuest(domain, "be ready for another PCI device") }
            let functions = try await give(device, to: domain, type, undo: &undo)
            try record(functions, device, in: domain, undo: &undo)
            if before == nil {
                try await awaitBackend(of: domain)
            } else if type == .pv {
                do throws(ToolstackError) { try await awaitGuest(domain, "take the PCI device") } catch {
                    toolstack.logger.warning("\(error); it can still do so")
                }
            }
        } catch {
            await undo.unwind(toolstack)
            throw error
        }
    }

    /// Writes the nodes of functions and the configuration that includes the device.
    private func record(
        _ functions: [PassedFunction], _ device: PCIDevice, in domain: DomainID, undo: inout UndoStack
    ) throws(ToolstackError) {
        let name = (try? store.read(DomainPaths(domain).guest / "name")) ?? nil
        let addresses = functions.map(\.address)
        undo.push("nodes of PCI devices of domain \(domain)") { [self] in
            try forget(addresses, of: domain)
        }
        try toolstack.withUserData(of: domain) { data throws(ToolstackError) in
            let before = try data.readConfiguration()
            do throws(ToolstackError) {
                let backend = try backend(of: domain)
                try perform(
                    backend?.addition(functions)
                        ?? PCIBackend.creation(functions, of: domain, name: name ?? ""), domain,
                    "write the nodes of the PCI device")
                guard var configuration = before else { return }
                configuration.pciDevices.removeAll { $0.isSame(as: device) }
                configuration.pciDevices.append(device)
                try data.write(configuration)
            } catch {
                if let before { try data.write(before) }
                throw error
            }
        }
    }

    /// Takes functions out of the backend and the stored configuration.
    private func forget(_ addresses: [PCIDeviceAddress], of domain: DomainID) throws(ToolstackError) {
        try toolstack.withUserData(of: domain) { data throws(ToolstackError) in
            if let backend = try backend(of: domain) {
                let numbers = addresses.compactMap { backend.number(of: $0) }
                if !numbers.isEmpty {
                    try perform(backend.removal(numbers), domain, "remove the nodes of the PCI device")
                    if numbers.count == backend.slots.count { try removeBackend(of: domain) }
                }
            }
            guard var configuration = try data.readConfiguration() else { return }
            let before = configuration.pciDevices
            configuration.pciDevices.removeAll { device in
                ((try? functions(of: device)) ?? []).contains { addresses.contains($0.address) }
            }
            if configuration.pciDevices != before { try data.write(configuration) }
        }
    }

    /// Removes the nodes of both ends, and the directories that are empty then.
    func removeBackend(of domain: DomainID) throws(ToolstackError) {
        let device = PCIBackend.address(of: domain)
        let sides = [device.frontend, device.backend, device.backendFailure]
        do {
            try store.perform(sides.map { .remove($0) })
            try store.removeEmptyParents(of: sides, with: [device.record])
        } catch {
            throw Self.failure(domain, "remove the nodes of the PCI devices", error)
        }
    }

    /// Takes a device off a running domain, and out of its stored configuration.
    ///
    /// An interruption counts until the guest is asked; from then on this runs to its end.
    ///
    /// - Parameter isForced: also when the guest does not let go of it.
    /// - Throws: `notFound` when the domain does not have it; `timedOut` when the guest keeps it.
    public func detach(
        _ device: PCIDevice, from domain: DomainID, isForced: Bool
    ) async throws(ToolstackError) {
        let info = try toolstack.info(of: domain)
        let data = UserData(of: domain, uuid: info.uuid, paths: toolstack.paths)
        let lock = try await FileLock.acquire(data.path(of: .devices), logger: toolstack.logger)
        defer { lock.release() }
        let type = try toolstack.type(of: domain)
        var device = device
        // Those that the domain has are taken: it need not say where they are.
        if device.functionMask == PCIDevice.allFunctions { device.virtualDevfn |= 8 }
        let wanted = Set(try functions(of: device).map(\.address))
        guard let backend = try backend(of: domain) else { throw Self.notAttached(domain) }
        let numbers = backend.slots.indices.filter { backend.slots[$0].address.map(wanted.contains) ?? false }
        guard !numbers.isEmpty else { throw Self.notAttached(domain) }
        try await toTheEnd { [self] () async throws(ToolstackError) in
            try await letGo(backend, numbers, type, isForced: isForced)
            for address in numbers.compactMap({ backend.slots[$0].address }) {
                await takeBack(address, from: domain)
            }
            try forget(numbers.compactMap { backend.slots[$0].address }, of: domain)
        }
    }

    private static func notAttached(_ domain: DomainID) -> ToolstackError {
        ToolstackError(
            .notFound, "PCI device not attached to this domain", domain: domain,
            remedy: "xl pci-list \(domain) shows those that are")
    }

    /// Has the guest let go of functions.
    private func letGo(
        _ backend: PCIBackend, _ numbers: [Int], _ type: DomainType, isForced: Bool
    ) async throws(ToolstackError) {
        let domain = backend.device.domain
        do throws(ToolstackError) {
            if type == .hvm {
                for address in numbers.compactMap({ backend.slots[$0].address }) {
                    try await unplug(address, from: domain)
                }
                return
            }
            try await awaitGuest(domain, "be ready to give a PCI device back")
            try perform(backend.closing(numbers), domain, "ask for the PCI device")
            do throws(ToolstackError) { try await awaitGuest(domain, "let go of the PCI device") } catch {
                if !isForced {
                    try perform(backend.reopening(numbers), domain, "take the request for the PCI device back")
                }
                throw error
            }
        } catch {
            guard isForced else { throw error }
            toolstack.logger.warning("\(error); it is taken away by force")
        }
    }

    /// Waits until both ends agree about the devices.
    private func awaitGuest(_ domain: DomainID, _ what: String) async throws(ToolstackError) {
        let state = PCIBackend.address(of: domain).backend / "state"
        try await toolstack.wait(
            for: "domain \(domain) to \(what)", domain: domain, watching: [state],
            within: toolstack.timeouts.deviceDestroy
        ) { [store] () throws -> Observation<Void> in
            let text = try store.read(state) ?? "none"
            let state = XenbusState(text: text)
            return state == .connected ? .reached(()) : .pending("state \(state.map { $0.name } ?? text)")
        }
    }

    /// Ends what a domain may do with a function, and resets it.
    private func takeBack(_ address: PCIDeviceAddress, from domain: DomainID) async {
        // The other functions would be reset with it.
        let others = (try? devices(of: domain))?.contains { other in
            other.address != address && other.address.devfn >> 3 == address.devfn >> 3
                && (other.address.bus, other.address.segment) == (address.bus, address.segment)
        }
        if others != true { await reset(address) }
        if let function = pci.function(at: address) {
            revoke(function, from: domain)
        } else {
            toolstack.logger.warning("\(address) is gone from this host")
        }
        toolstack.insist("note that domain \(domain) has \(address) no more") {
            if try toolstack.pciRecord(of: address).domain == domain {
                try toolstack.setPCIRecord(.domain, of: address, to: nil)
            }
        }
    }

    /// Takes all devices from a domain that does not run any more, nor its QEMU. What fails is logged.
    func destroyAll(of domain: DomainID) async {
        let found = toolstack.insist("list the PCI devices of domain \(domain)") { try backend(of: domain) }
        guard let found, let backend = found else { return }
        for address in backend.slots.compactMap(\.address) { await takeBack(address, from: domain) }
        toolstack.insist("remove the nodes of the PCI devices of domain \(domain)") { try removeBackend(of: domain) }
    }
}

extension PCIDevice {
    /// Whether two specifications mean the same functions.
    func isSame(as other: PCIDevice) -> Bool {
        name != nil
            ? name == other.name : address == other.address && functionMask == other.functionMask && other.name == nil
    }
}
