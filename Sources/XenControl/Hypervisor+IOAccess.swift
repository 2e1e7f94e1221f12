import CXen
import XenTypes

extension Hypervisor {
    package func setIOPortPermission(
        first: UInt32, count: UInt32, allow: Bool, of domain: DomainID
    ) throws(HypervisorError) {
        try call("set the I/O port permissions of", domain) {
            xc_domain_ioport_permission($0, domain.rawValue, first, count, allow ? 1 : 0)
        }
    }

    package func setIOMemoryPermission(
        firstFrame: UInt, count: UInt, allow: Bool, of domain: DomainID
    ) throws(HypervisorError) {
        try call("set the I/O memory permissions of", domain) {
            xc_domain_iomem_permission($0, domain.rawValue, firstFrame, count, allow ? 1 : 0)
        }
    }

    package func setIRQPermission(_ pirq: UInt32, allow: Bool, of domain: DomainID) throws(HypervisorError) {
        try call("set the IRQ permissions of", domain) { xc_domain_irq_permission($0, domain.rawValue, pirq, allow) }
    }

    /// Maps machine frames at guest frames, or takes that back.
    package func setMemoryMapping(
        guestFrame: UInt, machineFrame: UInt, count: UInt, add: Bool, of domain: DomainID
    ) throws(HypervisorError) {
        try call("map I/O memory into", domain) {
            xc_domain_memory_mapping($0, domain.rawValue, guestFrame, machineFrame, count, add ? 1 : 0)
        }
    }

    /// Gives a domain a physical interrupt.
    ///
    /// - Returns: the domain's number for it.
    package func mapPIRQ(gsi: Int32, pirq: Int32, of domain: DomainID) throws(HypervisorError) -> Int32 {
        var number = pirq
        try call("map interrupt \(gsi) into", domain) { xc_physdev_map_pirq($0, domain.rawValue, gsi, &number) }
        return number
    }

    package func unmapPIRQ(_ pirq: Int32, of domain: DomainID) throws(HypervisorError) {
        try call("unmap interrupt \(pirq) from", domain) { xc_physdev_unmap_pirq($0, domain.rawValue, pirq) }
    }

    /// Puts a PCI device into the domain's IOMMU context.
    ///
    /// - Parameter relaxed: reserved regions that conflict with the domain's memory are no error
    ///   (`XEN_DOMCTL_DEV_RDM_RELAXED`).
    package func assignDevice(
        _ device: PCIDeviceAddress, to domain: DomainID, relaxed: Bool
    ) throws(HypervisorError) {
        try call("assign a PCI device to", domain) {
            xc_assign_device($0, domain.rawValue, device.machineSBDF, relaxed ? UInt32(XEN_DOMCTL_DEV_RDM_RELAXED) : 0)
        }
    }

    /// Fails when the device could not be assigned.
    package func testAssignDevice(_ device: PCIDeviceAddress, to domain: DomainID) throws(HypervisorError) {
        try call("assign a PCI device to", domain) { xc_test_assign_device($0, domain.rawValue, device.machineSBDF) }
    }

    package func deassignDevice(_ device: PCIDeviceAddress, from domain: DomainID) throws(HypervisorError) {
        try call("take a PCI device from", domain) { xc_deassign_device($0, domain.rawValue, device.machineSBDF) }
    }
}
