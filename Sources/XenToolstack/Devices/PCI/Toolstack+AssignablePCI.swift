import Glibc
import Glibc
import SystemPackage
import XenControl
import XenTypes

/// A PCI device that pciback holds for guests.
public struct AssignablePCIDevice: Sendable, Hashable {
    /// The function.
    public var function: PCIFunction
    /// Its name, if it was given one.
    public var name: String?
    /// The driver that had it before, as a directory of sysfs.
    public var formerDriver: String?
}

extension Toolstack {
    var pci: HostPCI { HostPCI(root: paths.sysfs) }

    /// The devices that pciback holds and that no domain has, in sysfs' order.
    ///
    /// - Throws: `notReady` when pciback is not loaded.
    public func assignablePCIDevices() throws(ToolstackError) -> [AssignablePCIDevice] {
        try requirePciback("list the assignable PCI devices")
        let exported = try exportedPCIDevices()
        var devices: [AssignablePCIDevice] = []
        for address in pci.heldByPciback where exported[address] == nil {
            let record = try pciRecord(of: address)
            guard record[.domain] == nil, let function = pci.function(at: address) else { continue }
            devices.append(
                AssignablePCIDevice(function: function, name: record[.name], formerDriver: record[.driver]))
        }
        return devices
    }

    /// Takes a device from its driver in this domain, so that guests can have it.
    ///
    /// When a step fails, the device is given back.
    ///
    /// - Parameters:
    ///   - name: by which users may call it; nil removes the one that it has.
    ///   - isForced: also one that this host needs, or that is a bridge.
    /// - Throws: `notFound` when there is no such device, `notReady` without pciback, `invalid` for a name that cannot be
    ///   or is another's, and for what is to be forced.
    public func makeAssignable(
        _ address: PCIDeviceAddress, name: String?, isForced: Bool = false
    ) async throws(ToolstackError) {
        let lock = try await lockPCI()
        defer { lock.release() }
        try await bindToPciback(address, name: name, isForced: isForced)
    }

    /// As `makeAssignable`, under the lock.
    func bindToPciback(_ address: PCIDeviceAddress, name: String?, isForced: Bool) async throws(ToolstackError) {
        let what = "make \(address) assignable"
        try requirePciback(what)
        if let name { try check(name: name, of: address) }
        let state = try bindingState(of: address, what)
        if let domain = try owner(of: address) {
            throw ToolstackError(.invalid, "cannot \(what)", cause: "domain \(domain) has it")
        }
        if !isForced, !state.isHeldByPciback { try refuseNeeded(state.function, what) }
        try await perform(.adding(state, name: name), address, what)
    }

    /// Takes a device from pciback.
    ///
    /// When a step fails, pciback has the device again.
    ///
    /// - Parameter givesBack: whether the driver gets it that had it before.
    public func endAssignability(
        of address: PCIDeviceAddress, givesBack: Bool
    ) async throws(ToolstackError) {
        let lock = try await lockPCI()
        defer { lock.release() }
        try await unbindFromPciback(address, givesBack: givesBack)
    }

    /// As `endAssignability`, under the lock.
    func unbindFromPciback(_ address: PCIDeviceAddress, givesBack: Bool) async throws(ToolstackError) {
        let what = "take \(address) from pciback"
        try requirePciback(what)
        let state = try bindingState(of: address, what)
        if let domain = try owner(of: address) {
            throw ToolstackError(
                .invalid, "cannot \(what)", cause: "domain \(domain) has it",
                remedy: "xl pci-detach \(domain) \(address) takes it away")
        }
        let drivers = Files.realPath(pci.drivers) ?? pci.drivers
        try await perform(.removing(state, givesBack: givesBack, drivers: drivers), address, what)
    }

    /// Keeps others from changing who has which PCI device.
    func lockPCI() async throws(ToolstackError) -> FileLock {
        try Files.makeDirectory(paths.run)
        return try await FileLock.acquire(paths.run.appending("xl-pci.lock"), logger: logger)
    }

    func requirePciback(_ what: String) throws(ToolstackError) {
        guard !pci.hasPciback else { return }
        throw ToolstackError(
            .notReady, "cannot \(what)", cause: "the driver that holds PCI devices for guests is not loaded",
            remedy: "modprobe xen-pciback")
    }

    private func check(name: String, of address: PCIDeviceAddress) throws(ToolstackError) {
        func invalid(_ message: String) -> ToolstackError { ToolstackError(.invalid, message) }
        guard name.utf8.count <= 64 else { throw invalid("Name too long: a PCI device's has at most 64 characters") }
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw invalid("Names may only include printable characters, and no blanks")
        }
        if let other = try pciDevice(named: name), other != address {
            throw invalid("the name \"\(name)\" is that of \(other)")
        }
    }

    func bindingState(
        of address: PCIDeviceAddress, _ what: String
    ) throws(ToolstackError) -> PCIBindingPlan.State {
        guard let function = pci.function(at: address) else {
            throw ToolstackError(
                .notFound, "cannot \(what)", cause: "there is no such device", remedy: "lspci -D shows those that are")
        }
        do {
            return PCIBindingPlan.State(
                function: function, pciback: pci.pciback, hasSlot: pci.hasSlot(address),
                record: try pciRecord(of: address),
                hasIOMMU: try hypervisor.physicalInfo().capabilities.contains(.directIO))
        } catch {
            throw error as? ToolstackError ?? ToolstackError(.fail, "cannot \(what)", underlying: error)
        }
    }

    private func refuseNeeded(_ function: PCIFunction, _ what: String) throws(ToolstackError) {
        let force = "--force does it all the same"
        guard !function.isBridge else {
            throw ToolstackError(
                .invalid, "cannot \(what)", cause: "it is a bridge, and what is behind it would be gone", remedy: force)
        }
        let vital = DeviceUses(paths).uses(ofDeviceNamed: function.address.description).filter(\.isVital)
        guard !vital.isEmpty else { return }
        throw ToolstackError(
            .invalid, "cannot \(what)",
            cause: "this host uses it: \(vital.map(\.description).joined(separator: "; "))", remedy: force)
    }

    // MARK: Carrying plans out

    private func perform(
        _ plan: PCIBindingPlan, _ address: PCIDeviceAddress, _ what: String
    ) async throws(ToolstackError) {
        for warning in plan.warnings { logger.warning("\(warning)") }
        try await carryOut(plan.entries, what) { [self] step throws(ToolstackError) in
            try await perform(step, address)
        }
    }

    private func perform(_ step: PCIBindingPlan.Step, _ address: PCIDeviceAddress) async throws(ToolstackError) {
        switch step {
        case .record(let key, let value): try setPCIRecord(key, of: address, to: value)
        case .write(let file): try await write(address, to: file)
        case .quarantine, .release:
            do throws(HypervisorError) {
                if step == .quarantine {
                    // No domain's memory is meant, so that reserved regions cannot be in its way.
                    try hypervisor.assignDevice(address, to: .io, relaxed: true)
                } else {
                    try hypervisor.deassignDevice(address, from: .io)
                }
            } catch {
                // It is not in quarantine: another tool, or the kernel's command line, gave it to pciback.
                if step == .release, error.code == ENODEV { return }
                throw ToolstackError(
                    .fail, "cannot \(step == .quarantine ? "quarantine it" : "end its quarantine")", underlying: error)
            }
        }
    }

    /// Writes a device's address to a file of sysfs.
    func write(_ address: PCIDeviceAddress, to file: FilePath) async throws(ToolstackError) {
        try await bind(address.description, by: file)
    }
}
