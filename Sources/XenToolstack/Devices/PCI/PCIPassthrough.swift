import DomainModel
import Glibc
import XenControl
import XenStore
import XenTypes

/// Gives PCI devices to domains: what the hypervisor must let them do, QEMU's part, and the nodes of pciback.
///
/// A domain has one backend for all its devices, so that they are no class like the others.
public struct PCIPassthrough: Sendable {
    let toolstack: Toolstack

    var hypervisor: Hypervisor { toolstack.hypervisor }
    var store: StoreConnection { toolstack.store }
    var pci: HostPCI { toolstack.pci }

    /// Operations on a host.
    public init(_ toolstack: Toolstack) { self.toolstack = toolstack }

    // MARK: Before anything is made

    /// Applies the defaults, and refuses what cannot work.
    ///
    /// - Parameter domain: which may have the devices already, or none.
    func complete(_ configuration: inout DomainConfiguration, for domain: DomainID) throws(ToolstackError) {
        guard !configuration.pciDevices.isEmpty else { return }
        var seen: Set<PCIDeviceAddress> = []
        guard configuration.buildInfo.deviceModelStubdomain != true else {
            throw ToolstackError(
                .notSupported, "cannot give PCI devices to a guest whose device model has a domain of its own",
                remedy: "remove pci= or device_model_stubdomain_override=")
        }
        for index in configuration.pciDevices.indices {
            let device = Self.completed(configuration.pciDevices[index])
            for function in try functions(of: device) {
                if let hvm = configuration.buildInfo.hvm, hvm.gfxPassthru == true, hvm.gfxPassthruKind == .default,
                    isProcessorGraphics(function.address)
                {
                    configuration.buildInfo.hvm?.gfxPassthruKind = .igd
                }
                guard seen.insert(function.address).inserted else {
                    throw ToolstackError(
                        .invalid, "cannot give \(function.address) to the guest twice", remedy: "name it once in pci=")
                }
                try check(function, for: domain)
            }
            configuration.pciDevices[index] = device
        }
    }

    /// Whether it is the graphics device of an Intel processor, which always has this place (`libxl__is_igd_vga_passthru`
    /// has a list of those that there were).
    private func isProcessorGraphics(_ address: PCIDeviceAddress) -> Bool {
        guard address == PCIDeviceAddress(segment: 0, bus: 0, devfn: 2 << 3), let function = pci.function(at: address)
        else { return false }
        return function.isVGA && function.vendor == 0x8086
    }

    static func completed(_ device: PCIDevice) -> PCIDevice {
        var device = device
        if device.rdmPolicy == .invalid { device.rdmPolicy = .strict }
        return device
    }

    /// The functions that a specification means on this host.
    func functions(of device: PCIDevice) throws(ToolstackError) -> [PassedFunction] {
        let address = try address(of: device)
        return try PassedFunction.all(of: device, at: address, present: pci.functions(of: address))
    }

    private func address(of device: PCIDevice) throws(ToolstackError) -> PCIDeviceAddress {
        guard let name = device.name else {
            guard let address = device.address else { throw ToolstackError(.invalid, "a PCI device has no address") }
            return address
        }
        guard let address = try toolstack.pciDevice(named: name) else {
            throw ToolstackError(
                .notFound, "there is no PCI device called \"\(name)\"",
                remedy: "xl pci-assignable-list -n shows the names that there are")
        }
        return address
    }

    /// Refuses a function that no guest can have now.
    func check(_ function: PassedFunction, for target: DomainID = .invalid) throws(ToolstackError) {
        let (address, what) = (function.address, "give \(function.address) to the guest")
        guard Files.exists(pci.directory(of: address)) else {
            throw ToolstackError(
                .notFound, "cannot \(what)", cause: "there is no such device", remedy: "lspci -D shows those that are")
        }
        if let domain = try toolstack.owner(of: address), domain != target {
            throw ToolstackError(
                .invalid, "cannot \(what)", domain: domain, cause: "domain \(domain) has it",
                remedy: "xl pci-detach \(domain) \(address) takes it away")
        }
        guard !pci.isHeldByPciback(address), !function.device.seize else { return }
        throw ToolstackError(
            .invalid, "cannot \(what)", cause: "it is not assignable: pciback does not hold it",
            remedy: "xl pci-assignable-add \(address), or seize=1")
    }

    /// Refuses what kinds of domains cannot have.
    func check(_ type: DomainType, of domain: DomainID) throws(ToolstackError) {
        func refusal(_ cause: String) -> ToolstackError {
            ToolstackError(.notSupported, "cannot give PCI devices to domain \(domain)", domain: domain, cause: cause)
        }
        guard type != .pvh else { throw refusal("it is a PVH guest") }
        guard toolstack.deviceModelDomain(of: domain) == nil else {
            throw refusal("its device model has a domain of its own")
        }
        let control = try toolstack.info(of: .control)
        guard !control.flags.contains(.hvm) else { throw refusal("this domain is a PVH guest itself") }
    }

    // MARK: At creation

    /// Gives a new domain its devices; it does not run yet, but its QEMU does.
    func attachAll(_ build: DomainBuild, undo: inout UndoStack) async throws(ToolstackError) {
        let devices = build.configuration.pciDevices
        guard !devices.isEmpty else { return }
        try check(build.type, of: build.domain)
        let lock = try await toolstack.lockPCI()
        defer { lock.release() }
        var functions: [PassedFunction] = []
        for device in devices {
            functions += try await give(device, to: build.domain, build.type, undo: &undo)
        }
        if build.configuration.buildInfo.hvm?.gfxPassthru == true { try grantFrameBuffer(functions, build.domain) }
        let changes = PCIBackend.creation(
            functions, of: build.domain, name: build.configuration.createInfo.name ?? "")
        undo.push("PCI backend of domain \(build.domain)") { [self] in try removeBackend(of: build.domain) }
        do {
            try store.transaction { transaction throws(StoreError) in try transaction.perform(changes) }
        } catch {
            throw Self.failure(build.domain, "write the nodes of the PCI devices", error)
        }
        try await awaitBackend(of: build.domain)
    }

    /// The addresses of the old frame buffer are no BAR (`libxl__grant_vga_iomem_permission`).
    private func grantFrameBuffer(_ functions: [PassedFunction], _ domain: DomainID) throws(ToolstackError) {
        guard functions.contains(where: { pci.function(at: $0.address)?.isVGA == true }) else { return }
        do {
            try hypervisor.setIOMemoryPermission(firstFrame: 0xA0, count: 0x20, allow: true, of: domain)
        } catch {
            throw Self.failure(domain, "give access to the frame buffer", error)
        }
    }

    static func failure(_ domain: DomainID, _ what: String, _ error: any Error) -> ToolstackError {
        ToolstackError(.fail, "cannot \(what)", domain: domain, underlying: error)
    }

    /// Waits until pciback has taken the devices.
    func awaitBackend(of domain: DomainID) async throws(ToolstackError) {
        let device = PCIBackend.address(of: domain)
        let state = device.backend / "state"
        do throws(ToolstackError) {
            try await toolstack.wait(
                for: "pciback to take the devices of domain \(domain)", domain: domain, watching: [state],
                within: toolstack.timeouts.deviceInitialise
            ) { [store] () throws -> Observation<Void> in
                let text = try store.read(state) ?? "none"
                switch XenbusState(text: text) {
                case .initialised, .connected, .reconfiguring, .reconfigured: return .reached(())
                case .closing, .closed: throw ToolstackError(.fail, "pciback has not taken the devices")
                case let other: return .pending("state \(other.map { $0.name } ?? text)")
                }
            }
        } catch {
            throw toolstack.withWords(ofBackendOf: device, error)
        }
    }

    // MARK: One device

    /// Lets a domain use a device, and gives it to its QEMU.
    func give(
        _ device: PCIDevice, to domain: DomainID, _ type: DomainType, undo: inout UndoStack
    ) async throws(ToolstackError) -> [PassedFunction] {
        var functions = try functions(of: device)
        for function in functions {
            try check(function)
            try await seize(function, undo: &undo)
        }
        // Upstream notes the first function of a device alone, and takes nothing but that away.
        guard let first = functions.last?.address else { return [] }
        undo.push("the record of \(first)") { [toolstack] in try toolstack.setPCIRecord(.domain, of: first, to: nil) }
        try toolstack.setPCIRecord(.domain, of: first, to: "\(domain)")
        await reset(first)
        for index in functions.indices {
            try await grant(functions[index], to: domain, undo: &undo)
            guard type == .hvm else { continue }
            functions[index].virtualDevfn = try await plug(functions[index], into: domain, undo: &undo)
        }
        return functions
    }

    private func seize(_ function: PassedFunction, undo: inout UndoStack) async throws(ToolstackError) {
        let address = function.address
        guard function.device.seize, !pci.isHeldByPciback(address) else { return }
        let name = try toolstack.pciRecord(of: address)[.name]
        try await toolstack.bindToPciback(address, name: name, isForced: false)
        undo.push("taking \(address) from its driver") { [toolstack] in
            try await toolstack.unbindFromPciback(address, givesBack: true)
        }
    }

    /// Resets a device, as well as the kernel can: not all devices can be.
    func reset(_ address: PCIDeviceAddress) async {
        let all = pci.pciback.appending("do_flr")
        let own = pci.directory(of: address).appending("reset")
        do throws(SysfsError) {
            if Files.exists(all) {
                try await toolstack.sysfs.write(address.description, to: all, within: toolstack.timeouts.deviceBinding)
            } else if Files.exists(own) {
                try await toolstack.sysfs.write("1", to: own, within: toolstack.timeouts.deviceBinding)
            } else {
                toolstack.logger.warning("\(address) is not reset: the kernel knows no way to do it")
            }
        } catch {
            toolstack.logger.warning("\(address) is not reset: \(error)")
        }
    }

    /// Lets a domain reach a function's memory, ports and interrupt, and the function the domain's memory.
    private func grant(
        _ function: PassedFunction, to domain: DomainID, undo: inout UndoStack
    ) async throws(ToolstackError) {
        let address = function.address
        guard let facts = pci.function(at: address) else {
            throw ToolstackError(.notFound, "cannot give \(address) to domain \(domain)", cause: "it is gone")
        }
        undo.push("access of domain \(domain) to \(address)") { [self] in revoke(facts, from: domain) }
        do throws(HypervisorError) {
            for resource in facts.resources { try permit(resource, true, domain) }
            if let interrupt = facts.interrupt.flatMap({ Int32(exactly: $0) }) {
                let mapped = try hypervisor.mapPIRQ(gsi: interrupt, pirq: interrupt, of: domain)
                try hypervisor.setIRQPermission(UInt32(bitPattern: mapped), allow: true, of: domain)
            }
        } catch {
            throw Self.failure(domain, "give domain \(domain) access to \(address)", error)
        }
        if function.device.permissive {
            try await toolstack.write(address, to: pci.pciback.appending("permissive"))
        }
        do throws(HypervisorError) {
            try hypervisor.assignDevice(address, to: domain, relaxed: function.device.rdmPolicy == .relaxed)
        } catch {
            var failure = Self.failure(domain, "assign \(address) to domain \(domain)", error)
            switch error.code {
            case EOPNOTSUPP, ENOSYS:
                failure.remedy = "the host needs an IOMMU, and the domain passthrough=\"enabled\" when it is made"
            case EINVAL, ENODEV, EBUSY: failure.remedy = "another domain may have it: xl dmesg says more"
            default: break
            }
            throw failure
        }
    }

    private func permit(_ resource: PCIResource, _ allow: Bool, _ domain: DomainID) throws(HypervisorError) {
        if resource.isPorts {
            guard let first = UInt32(exactly: resource.start), let count = UInt32(exactly: resource.count) else {
                return
            }
            return try hypervisor.setIOPortPermission(first: first, count: count, allow: allow, of: domain)
        }
        let frames = resource.frames
        try hypervisor.setIOMemoryPermission(
            firstFrame: UInt(frames.lowerBound), count: UInt(frames.count), allow: allow, of: domain)
    }

    /// Takes all that a domain may do with a function. What fails is logged, and does not keep the rest.
    func revoke(_ function: PCIFunction, from domain: DomainID) {
        func attempt(_ what: String, _ body: () throws(HypervisorError) -> Void) {
            do throws(HypervisorError) { try body() } catch {
                // It was not so: a step that failed, a QEMU that has unmapped the interrupt, a domain that is gone.
                guard ![ENODEV, EINVAL, ESRCH, EOPNOTSUPP, ENOSYS].contains(error.code) else { return }
                toolstack.logger.error("cannot \(what) \(function.address): \(error)")
            }
        }
        attempt("take from domain \(domain)") { () throws(HypervisorError) in
            try hypervisor.deassignDevice(function.address, from: domain)
        }
        for resource in function.resources {
            attempt("end the access of domain \(domain) to") { () throws(HypervisorError) in
                try permit(resource, false, domain)
            }
        }
        guard let interrupt = function.interrupt else { return }
        attempt("unmap the interrupt of") { () throws(HypervisorError) in
            try hypervisor.unmapPIRQ(Int32(clamping: interrupt), of: domain)
        }
        attempt("end the use of the interrupt of") { () throws(HypervisorError) in
            try hypervisor.setIRQPermission(interrupt, allow: false, of: domain)
        }
    }
}
