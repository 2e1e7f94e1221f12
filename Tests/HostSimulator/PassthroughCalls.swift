import CXen
import Glibc

// The calls about PCI devices and interrupts (see `HypervisorCalls.swift`).

/// Whose a device is that no guest has (`DOMID_IO`).
private let quarantine: UInt32 = 0x7FF1

private func assign(
    _ handle: Handle, _ name: String, _ domain: UInt32,
    _ body: (inout SimulatedHypervisor.Machine) throws(SimulatedHypervisor.Errno) -> Void
) -> Int32 {
    call(handle, name, naming: domain == quarantine ? nil : domain) { machine throws(SimulatedHypervisor.Errno) in
        guard machine.hasIOMMU else { throw .init(EOPNOTSUPP) }
        if domain != quarantine { _ = try machine.domain(domain) }
        try body(&machine)
        return 0
    }
}

@_cdecl("simulated_xc_assign_device")
func assignDevice(_ handle: Handle, _ domain: UInt32, _ device: UInt32, _ flags: UInt32) -> Int32 {
    assign(handle, "xc_assign_device", domain) { machine throws(SimulatedHypervisor.Errno) in
        guard [nil, 0, quarantine].contains(machine.deviceOwners[device]) else { throw .invalid }
        machine.deviceOwners[device] = domain
    }
}

@_cdecl("simulated_xc_test_assign_device")
func testAssignDevice(_ handle: Handle, _ domain: UInt32, _ device: UInt32) -> Int32 {
    assign(handle, "xc_test_assign_device", domain) { machine throws(SimulatedHypervisor.Errno) in
        guard [nil, 0, quarantine].contains(machine.deviceOwners[device]) else { throw .invalid }
    }
}

@_cdecl("simulated_xc_deassign_device")
func deassignDevice(_ handle: Handle, _ domain: UInt32, _ device: UInt32) -> Int32 {
    assign(handle, "xc_deassign_device", domain) { machine throws(SimulatedHypervisor.Errno) in
        guard machine.deviceOwners[device] == domain else { throw .init(ENODEV) }
        machine.deviceOwners[device] = domain == quarantine ? nil : quarantine
    }
}

@_cdecl("simulated_xc_physdev_map_pirq")
func mapPIRQ(_ handle: Handle, _ domain: UInt32, _ index: Int32, _ pirq: UnsafeMutablePointer<Int32>) -> Int32 {
    call(handle, "xc_physdev_map_pirq", naming: domain) { machine throws(SimulatedHypervisor.Errno) in
        _ = try machine.domain(domain)
        machine.domains[domain]?.interrupts.insert(UInt32(bitPattern: index))
        return 0
    }
}

@_cdecl("simulated_xc_physdev_unmap_pirq")
func unmapPIRQ(_ handle: Handle, _ domain: UInt32, _ pirq: Int32) -> Int32 {
    call(handle, "xc_physdev_unmap_pirq", naming: domain) { machine throws(SimulatedHypervisor.Errno) in
        guard try machine.domain(domain).interrupts.contains(UInt32(bitPattern: pirq)) else { throw .invalid }
        machine.domains[domain]?.interrupts.remove(UInt32(bitPattern: pirq))
        return 0
    }
}

@_cdecl("simulated_xc_domain_irq_permission")
func domainIRQPermission(_ handle: Handle, _ domain: UInt32, _ pirq: UInt32, _ allow: Bool) -> Int32 {
    call(handle, "xc_domain_irq_permission", naming: domain) { machine throws(SimulatedHypervisor.Errno) in
        _ = try machine.domain(domain)
        return 0
    }
}
