import CXen
import Glibc
import XenControl

// The calls about guests' memory (see `HypervisorCalls.swift`).

@_cdecl("simulated_xc_domain_setmaxmem")
func domainSetMaxMem(_ handle: Handle, _ domain: UInt32, _ kib: UInt64) -> Int32 {
    call(handle, "xc_domain_setmaxmem", domain) { $0.maximumPages = kib / 4 }
}

@_cdecl("simulated_xc_domain_set_memmap_limit")
func domainSetMemMapLimit(_ handle: Handle, _ domain: UInt32, _ kib: UInt) -> Int32 {
    set(handle, "xc_domain_set_memmap_limit", domain, UInt64(kib))
}

@_cdecl("simulated_xc_domain_set_memory_map")
func domainSetMemoryMap(
    _ handle: Handle, _ domain: UInt32, _ entries: UnsafeMutablePointer<e820entry>?, _ count: UInt32
) -> Int32 {
    call(handle, "xc_domain_set_memory_map", domain) { domain in
        domain.memoryMap = (0..<Int(count)).compactMap { entries?[$0] }.map {
            MemoryRegion(start: $0.addr, size: $0.size, kind: .init(rawValue: $0.type))
        }
    }
}

@_cdecl("simulated_xc_get_machine_memory_map")
func getMachineMemoryMap(_ handle: Handle, _ entries: UnsafeMutablePointer<e820entry>, _ limit: UInt32) -> Int32 {
    call(handle, "xc_get_machine_memory_map") { machine in
        entries.pointee = e820entry(addr: 0, size: machine.totalPages * 4096, type: 1)
        return 1
    }
}

@_cdecl("simulated_xc_reserved_device_memory_map")
func reservedDeviceMemoryMap(
    _ handle: Handle, _ flags: UInt32, _ segment: UInt16, _ bus: UInt8, _ devfn: UInt8,
    _ entries: UnsafeMutablePointer<xen_reserved_device_memory>?, _ count: UnsafeMutablePointer<UInt32>
) -> Int32 {
    call(handle, "xc_reserved_device_memory_map") { _ in
        count.pointee = 0
        return 0
    }
}

@_cdecl("simulated_xc_domain_set_pod_target")
func domainSetPoDTarget(
    _ handle: Handle, _ domain: UInt32, _ pages: UInt64, _ total: UnsafeMutablePointer<UInt64>?,
    _ cache: UnsafeMutablePointer<UInt64>?, _ entries: UnsafeMutablePointer<UInt64>?
) -> Int32 { set(handle, "xc_domain_set_pod_target", domain, pages) }

@_cdecl("simulated_xc_domain_get_pod_target")
func domainGetPoDTarget(
    _ handle: Handle, _ domain: UInt32, _ total: UnsafeMutablePointer<UInt64>?,
    _ cache: UnsafeMutablePointer<UInt64>?, _ entries: UnsafeMutablePointer<UInt64>?
) -> Int32 { call(handle, "xc_domain_get_pod_target", domain) { total?.pointee = $0.pages } }

@_cdecl("simulated_xc_set_paging_mempool_size")
func setPagingMemPoolSize(_ handle: Handle, _ domain: UInt32, _ bytes: UInt64) -> Int32 {
    set(handle, "xc_set_paging_mempool_size", domain, bytes)
}

@_cdecl("simulated_xc_get_paging_mempool_size")
func getPagingMemPoolSize(_ handle: Handle, _ domain: UInt32, _ bytes: UnsafeMutablePointer<UInt64>) -> Int32 {
    call(handle, "xc_get_paging_mempool_size", domain) {
        bytes.pointee = $0.settings["xc_set_paging_mempool_size"]?.first ?? 0
    }
}

@_cdecl("simulated_xc_domain_claim_pages")
func domainClaimPages(_ handle: Handle, _ domain: UInt32, _ pages: UInt) -> Int32 {
    call(handle, "xc_domain_claim_pages", domain) { $0.claimedPages = UInt64(pages) }
}

@_cdecl("simulated_xc_domain_populate_physmap_exact")
func domainPopulatePhysmapExact(
    _ handle: Handle, _ domain: UInt32, _ count: UInt, _ order: UInt32, _ flags: UInt32,
    _ frames: UnsafeMutablePointer<xen_pfn_t>?
) -> Int32 {
    call(handle, "xc_domain_populate_physmap_exact \(domain)") { machine throws(SimulatedHypervisor.Errno) in
        try machine.populate(domain, UInt64(count) << UInt64(order))
        return 0
    }
}

extension SimulatedHypervisor.Machine {
    mutating func populate(_ domain: UInt32, _ pages: UInt64) throws(SimulatedHypervisor.Errno) {
        _ = try self.domain(domain)
        guard pages <= freePages else { throw .noMemory }
        freePages -= pages
        domains[domain]?.pages += pages
    }
}

@_cdecl("simulated_xc_domain_add_to_physmap")
func domainAddToPhysmap(
    _ handle: Handle, _ domain: UInt32, _ space: UInt32, _ index: UInt, _ frame: xen_pfn_t
) -> Int32 { call(handle, "xc_domain_add_to_physmap", domain) }

@_cdecl("simulated_xc_domain_maximum_gpfn")
func domainMaximumGPFN(_ handle: Handle, _ domain: UInt32, _ frame: UnsafeMutablePointer<xen_pfn_t>) -> Int32 {
    call(handle, "xc_domain_maximum_gpfn", domain) { frame.pointee = xen_pfn_t($0.pages) }
}

/// Sharing is an option of the hypervisor's build.
@_cdecl("simulated_xc_sharing_freed_pages")
func sharingFreedPages(_ handle: Handle) -> Int {
    Int(call(handle, "xc_sharing_freed_pages") { _ throws(SimulatedHypervisor.Errno) in throw .init(ENOSYS) })
}

@_cdecl("simulated_xc_sharing_used_frames")
func sharingUsedFrames(_ handle: Handle) -> Int {
    Int(call(handle, "xc_sharing_used_frames") { _ throws(SimulatedHypervisor.Errno) in throw .init(ENOSYS) })
}

@_cdecl("simulated_xc_interface_fmem_handle")
func interfaceForeignMemoryHandle(_ handle: Handle) -> Handle { handle }

@_cdecl("xenforeignmemory_map")
func foreignMemoryMap(
    _ handle: Handle, _ domain: UInt32, _ protection: Int32, _ pages: Int, _ frames: UnsafePointer<xen_pfn_t>?,
    _ errors: UnsafeMutablePointer<Int32>?
) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    _ = call(handle, "xenforeignmemory_map \(domain)") { machine throws(SimulatedHypervisor.Errno) in
        _ = try machine.domain(domain)
        memory = calloc(pages, 4096)
        machine.mappings[UInt(bitPattern: memory)] = domain
        return 0
    }
    return memory
}

@_cdecl("xenforeignmemory_unmap")
func foreignMemoryUnmap(_ handle: Handle, _ memory: UnsafeMutableRawPointer?, _ pages: Int) -> Int32 {
    // Closing cannot fail.
    _ = try? SimulatedHypervisor.of(handle)?.access { $0.mappings[UInt(bitPattern: memory)] = nil }
    free(memory)
    return 0
}
