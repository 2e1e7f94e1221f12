import XenControl
import XenTypes

/// Whether a PCI device can be given to a guest, and what is in the way.
public struct PCICheck: Sendable, Hashable {
    /// What findings are known by; these stay the same between versions.
    public enum Code: String, CaseIterable, Sendable {
        /// The machine's IOMMU is missing or off.
        case noIOMMU = "no-iommu"
        /// The control domain is a PVH guest.
        case pvhControlDomain = "pvh-control-domain"
        /// The driver that holds devices for guests is not loaded.
        case noPciback = "no-pciback"
        /// It is a bridge.
        case bridge
        /// Another domain has it.
        case inUse = "in-use"
        /// The host needs it itself.
        case vital
        /// The host uses it.
        case usedHere = "used-here"
        /// A driver of the host has it.
        case notAssignable = "not-assignable"
        /// How it is reset.
        case reset
        /// It cannot be reset.
        case noReset = "no-reset"
        /// Other functions of the device are not given along.
        case otherFunctions = "other-functions"
        /// The IOMMU cannot keep it from other devices.
        case sharedGroup = "shared-group"
        /// One of its resources cannot be given.
        case resource
        /// One of its resources shares a page with something else.
        case partialPage = "partial-page"
    }

    /// Something to know before the function is given to a guest.
    public struct Finding: Sendable, Hashable {
        /// Whether it is in the way.
        public enum Severity: String, Sendable {
            /// The device cannot be given to a guest as things are.
            case obstacle
            /// It can, with this consequence.
            case warning
            /// What else there is to know.
            case note
        }

        /// Whether it is in the way.
        public var severity: Severity
        /// A ``Code``.
        public var code: String
        /// What it is, as a statement.
        public var text: String
        /// What the user can do about it.
        public var remedy: String?
    }

    /// The function that was looked at.
    public var function: PCIFunction
    /// What there is to know.
    public var findings: [Finding] = []

    /// Whether nothing is in the way.
    public var isFit: Bool { !findings.contains { $0.severity == .obstacle } }

    /// What the findings go by, beside the device itself.
    struct Facts: Sendable {
        var hasIOMMU = true
        /// Whether this domain is a PVH guest.
        var isControlHVM = false
        var hasPciback = true
        var isHeld = false
        var owner: DomainID?
        var uses: [DeviceUse] = []
        /// The other functions of the same device that pciback does not hold.
        var otherFunctions: [PCIDeviceAddress] = []
        /// Other devices whose DMA the IOMMU cannot tell from this one's.
        var group: [PCIDeviceAddress] = []
    }

    init(_ function: PCIFunction, _ facts: Facts) {
        self.function = function
        checkHost(facts)
        checkUse(facts)
        checkDevice(facts)
    }

    private mutating func add(
        _ severity: Finding.Severity, _ code: Code, _ text: String, _ remedy: String? = nil
    ) {
        findings.append(Finding(severity: severity, code: code.rawValue, text: text, remedy: remedy))
    }

    private mutating func checkHost(_ facts: Facts) {
        if !facts.hasIOMMU {
            add(
                .obstacle, .noIOMMU,
                "the hypervisor uses no IOMMU, without which a guest's device reaches all memory",
                "switch it on in the firmware (VT-d or AMD-Vi); xl dmesg says what the hypervisor found")
        }
        if facts.isControlHVM {
            add(.obstacle, .pvhControlDomain, "this domain is a PVH guest, which cannot give devices away here")
        }
        if !facts.hasPciback {
            add(
                .obstacle, .noPciback, "the driver that holds PCI devices for guests is not loaded",
                "modprobe xen-pciback")
        }
    }

    private mutating func checkUse(_ facts: Facts) {
        let address = function.address
        if function.isBridge { add(.obstacle, .bridge, "it is a bridge: what is behind it would be gone") }
        if let owner = facts.owner {
            add(.obstacle, .inUse, "domain \(owner) has it", "xl pci-detach \(owner) \(address)")
        }
        for use in facts.uses {
            add(
                use.isVital ? .obstacle : .warning, use.isVital ? .vital : .usedHere,
                "this host uses it: \(use)",
                use.isVital ? "xl pci-assignable-add --force \(address) takes it all the same" : nil)
        }
        guard !facts.isHeld, facts.owner == nil, facts.hasPciback else { return }
        let driver = function.driver?.lastComponent.map { "the driver \($0) has it" } ?? "no driver has it"
        add(.note, .notAssignable, "\(driver), not pciback", "xl pci-assignable-add \(address), or seize=1")
    }

    private mutating func checkDevice(_ facts: Facts) {
        if let methods = function.reset {
            let how = methods.isEmpty ? "" : ": \(methods.joined(separator: ", "))"
            add(.note, .reset, "the kernel can reset it\(how)")
        } else {
            add(
                .warning, .noReset,
                "the kernel cannot reset it alone: what one guest did to it stays for the next, and for this host")
        }
        if !facts.otherFunctions.isEmpty {
            add(
                .warning, .otherFunctions,
                "it is one device with \(Self.list(facts.otherFunctions)), which this host keeps",
                "give all functions to the same guest: \(function.address.text(":", ".").dropLast()).*@SLOT")
        }
        if !facts.group.isEmpty {
            add(
                .warning, .sharedGroup,
                "the IOMMU cannot tell it from \(Self.list(facts.group)): they belong to one guest, or to none",
                "give all of them to the same guest")
        }
        for resource in function.resources {
            let place = "0x" + String(resource.start, radix: 16)
            let what = resource.isPorts ? "\(resource.count) I/O ports from" : "\(resource.count) bytes of memory at"
            add(.note, .resource, "\(what) \(place)")
            if !resource.isPorts, resource.start & 0xFFF != 0 || resource.count & 0xFFF != 0 {
                add(
                    .warning, .partialPage,
                    "its memory at \(place) does not fill pages: a guest reaches what is beside it")
            }
        }
    }

    private static func list(_ addresses: [PCIDeviceAddress]) -> String {
        addresses.map(\.description).joined(separator: ", ")
    }
}

extension Toolstack {
    /// Finds out whether a device can be given to guests, without changing anything.
    ///
    /// - Throws: `notFound` when there is no such device.
    public func check(_ address: PCIDeviceAddress) throws(ToolstackError) -> PCICheck {
        guard let function = pci.function(at: address) else {
            throw ToolstackError(
                .notFound, "there is no PCI device \(address)", remedy: "lspci -D shows those that are")
        }
        var facts = PCICheck.Facts()
        do {
            facts.hasIOMMU = try hypervisor.physicalInfo().capabilities.contains(.directIO)
        } catch {
            throw ToolstackError(.fail, "cannot ask the hypervisor for an IOMMU", underlying: error)
        }
        facts.isControlHVM = try info(of: .control).flags.contains(.hvm)
        facts.hasPciback = pci.hasPciback
        facts.isHeld = pci.isHeldByPciback(address)
        facts.owner = try owner(of: address)
        facts.uses = DeviceUses(paths).uses(ofDeviceNamed: address.description)
        facts.otherFunctions = pci.functions(of: address).filter { $0 != address && !pci.isHeldByPciback($0) }
        facts.group = pci.group(of: address)
        return PCICheck(function, facts)
    }
}

extension HostPCI {
    /// The devices that the kernel has in one IOMMU group with it, where it knows groups; under Xen it rarely does. Those
    /// behind the same bridge to conventional PCI are in one group by the hardware.
    func group(of address: PCIDeviceAddress) -> [PCIDeviceAddress] {
        let names = Files.names(in: directory(of: address).appending("iommu_group/devices"))
        return names.compactMap { PCIDeviceAddress($0) }.filter { $0 != address }
            .sorted { $0.machineSBDF < $1.machineSBDF }
    }
}
