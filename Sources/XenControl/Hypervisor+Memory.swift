import CXen
import Glibc
import XenTypes

/// A range of physical addresses and what is in it (E820).
package struct MemoryRegion: Hashable, Sendable {
    /// The ACPI specification's address range types (`E820_*` in `xenctrl.h`).
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let ram = Kind(rawValue: 1)
        package static let reserved = Kind(rawValue: 2)
        package static let acpi = Kind(rawValue: 3)
        package static let nvs = Kind(rawValue: 4)
        package static let unusable = Kind(rawValue: 5)
    }

    package var start: UInt64
    /// In bytes.
    package var size: UInt64
    package var kind: Kind

    package init(start: UInt64, size: UInt64, kind: Kind) {
        self.start = start
        self.size = size
        self.kind = kind
    }

    init(_ entry: e820entry) { self.init(start: entry.addr, size: entry.size, kind: Kind(rawValue: entry.type)) }
    var raw: e820entry { e820entry(addr: start, size: size, type: kind.rawValue) }
}

/// Pages of a domain that populates its memory on demand.
package struct PoDState: Hashable, Sendable {
    package var totalPages: UInt64
    package var cachePages: UInt64
    package var entries: UInt64
}

extension Hypervisor {
    /// Limits a domain's memory, in KiB.
    package func setMaximumMemory(_ kib: UInt64, of domain: DomainID) throws(HypervisorError) {
        try call("set the maximum memory of", domain) { xc_domain_setmaxmem($0, domain.rawValue, kib) }
    }

    /// Limits the guest's own view of its memory, in KiB.
    package func setMemoryMapLimit(_ kib: UInt, of domain: DomainID) throws(HypervisorError) {
        try call("set the memory map limit of", domain) { xc_domain_set_memmap_limit($0, domain.rawValue, kib) }
    }

    /// Sets the E820 map that the guest can ask the hypervisor for.
    package func setMemoryMap(_ regions: [MemoryRegion], of domain: DomainID) throws(HypervisorError) {
        var entries = regions.map(\.raw)
        let count = UInt32(clamping: entries.count)
        try call("set the memory map of", domain) { xc_domain_set_memory_map($0, domain.rawValue, &entries, count) }
    }

    /// The host's own E820 map.
    package func machineMemoryMap() throws(HypervisorError) -> [MemoryRegion] {
        var entries = [e820entry](repeating: e820entry(), count: Int(E820MAX))
        let count = try call("read the host's memory map") {
            xc_get_machine_memory_map($0, &entries, UInt32(E820MAX))
        }
        return entries.prefix(Int(count)).map { MemoryRegion($0) }
    }

    /// Memory that devices need at fixed guest addresses.
    package struct ReservedDeviceMemory: Hashable, Sendable {
        package var startFrame: UInt64
        package var pages: UInt64
    }

    /// The regions reserved for one PCI device, or for all when `device` is nil.
    package func reservedDeviceMemory(
        of device: (segment: UInt16, bus: UInt8, devfn: UInt8)? = nil
    ) throws(HypervisorError) -> [ReservedDeviceMemory] {
        let flags: UInt32 = device == nil ? 1 : 0  // XENMEM_RDM_ALL in xen/memory.h
        let (segment, bus, devfn) = device ?? (0, 0, 0)
        var entries: [xen_reserved_device_memory] = []
        var count: UInt32 = 0
        while true {
            let capacity = UInt32(entries.count)
            count = capacity
            do {
                try call("read the reserved device memory") {
                    xc_reserved_device_memory_map($0, flags, segment, bus, devfn, &entries, &count)
                }
                break
            } catch {
                guard error.code == ENOBUFS, count > capacity else { throw error }
                entries = Array(repeating: xen_reserved_device_memory(), count: Int(count))
            }
        }
        return entries.prefix(Int(count)).map {
            ReservedDeviceMemory(startFrame: UInt64($0.start_pfn), pages: UInt64($0.nr_pages))
        }
    }

    /// Tells a domain that populates on demand how many pages it shall have.
    @discardableResult
    package func setPoDTarget(pages: UInt64, of domain: DomainID) throws(HypervisorError) -> PoDState {
        var (total, cache, entries): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try call("set the memory target of", domain) {
            xc_domain_set_pod_target($0, domain.rawValue, pages, &total, &cache, &entries)
        }
        return PoDState(totalPages: total, cachePages: cache, entries: entries)
    }

    package func podState(of domain: DomainID) throws(HypervisorError) -> PoDState {
        var (total, cache, entries): (UInt64, UInt64, UInt64) = (0, 0, 0)
        try call("read the populate-on-demand state of", domain) {
            xc_domain_get_pod_target($0, domain.rawValue, &total, &cache, &entries)
        }
        return PoDState(totalPages: total, cachePages: cache, entries: entries)
    }

    /// Sets the memory for the domain's shadow or second-level page tables, in bytes.
    package func setPagingPoolSize(_ bytes: UInt64, of domain: DomainID) throws(HypervisorError) {
        try call("set the paging memory of", domain) { xc_set_paging_mempool_size($0, domain.rawValue, bytes) }
    }

    /// In bytes.
    package func pagingPoolSize(of domain: DomainID) throws(HypervisorError) -> UInt64 {
        var bytes: UInt64 = 0
        try call("read the paging memory of", domain) { xc_get_paging_mempool_size($0, domain.rawValue, &bytes) }
        return bytes
    }

    /// Reserves host memory for a domain that is being built; 0 gives the reservation up.
    package func claimPages(_ pages: UInt, for domain: DomainID) throws(HypervisorError) {
        try call("claim memory for", domain) { xc_domain_claim_pages($0, domain.rawValue, pages) }
    }

    /// Gives a domain memory at these guest frames, in extents of 2^`order` pages each.
    package func populate(
        _ frames: [UInt], order: UInt32 = 0, memoryFlags: UInt32 = 0, of domain: DomainID
    ) throws(HypervisorError) {
        var frames = frames.map { xen_pfn_t($0) }
        let count = UInt(frames.count)
        try call("allocate memory of", domain) {
            xc_domain_populate_physmap_exact($0, domain.rawValue, count, order, memoryFlags, &frames)
        }
    }

    /// Maps something of the hypervisor's at a guest frame; `space` is one of `XENMAPSPACE_*` in `xen/memory.h`.
    package func addToPhysmap(space: UInt32, index: UInt, frame: UInt, of domain: DomainID) throws(HypervisorError) {
        try call("map a frame of", domain) {
            xc_domain_add_to_physmap($0, domain.rawValue, space, index, xen_pfn_t(frame))
        }
    }

    package func removeFromPhysmap(frame: UInt, of domain: DomainID) throws(HypervisorError) {
        try call("unmap a frame of", domain) { xc_domain_remove_from_physmap($0, domain.rawValue, xen_pfn_t(frame)) }
    }

    /// The highest guest frame in use.
    package func maximumFrame(of domain: DomainID) throws(HypervisorError) -> UInt {
        var frame: xen_pfn_t = 0
        try call("find the last frame of", domain) { xc_domain_maximum_gpfn($0, domain.rawValue, &frame) }
        return UInt(frame)
    }

    /// A virtual NUMA layout as the hypervisor takes it.
    package struct VirtualNUMA: Hashable, Sendable {
        package struct Range: Hashable, Sendable {
            package var start: UInt64
            /// The first address after the range.
            package var end: UInt64
            package var node: UInt32

            package init(start: UInt64, end: UInt64, node: UInt32) {
                self.start = start
                self.end = end
                self.node = node
            }

            var raw: xen_vmemrange_t { xen_vmemrange_t(start: start, end: end, flags: 0, nid: node) }
        }

        package var ranges: [Range]
        /// Row by row, one number for each pair of virtual nodes.
        package var distances: [UInt32]
        /// The virtual node of each vCPU.
        package var nodeOfVCPU: [UInt32]
        /// The physical node of each virtual node; `UInt32.max` for none.
        package var physicalNodes: [UInt32]

        package init(ranges: [Range], distances: [UInt32], nodeOfVCPU: [UInt32], physicalNodes: [UInt32]) {
            self.ranges = ranges
            self.distances = distances
            self.nodeOfVCPU = nodeOfVCPU
            self.physicalNodes = physicalNodes
        }
    }

    /// Sets the NUMA layout that the guest can ask the hypervisor for.
    ///
    /// `numa.distances` must have a number for each pair of nodes.
    package func setVirtualNUMA(_ numa: VirtualNUMA, of domain: DomainID) throws(HypervisorError) {
        let nodes = numa.physicalNodes.count
        guard nodes <= 1024, numa.distances.count == nodes * nodes else {
            throw HypervisorError(
                "set the virtual NUMA layout of", domain, code: EINVAL,
                detail: "\(numa.distances.count) distances for \(nodes) nodes")
        }
        var ranges = numa.ranges.map(\.raw)
        var distances = numa.distances
        var vcpus = numa.nodeOfVCPU
        var physical = numa.physicalNodes
        let counts = (UInt32(nodes), UInt32(clamping: ranges.count), UInt32(clamping: vcpus.count))
        try call("set the virtual NUMA layout of", domain) {
            xc_domain_setvnuma(
                $0, domain.rawValue, counts.0, counts.1, counts.2, &ranges, &distances, &vcpus, &physical)
        }
    }
}
