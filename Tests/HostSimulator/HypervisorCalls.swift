import CXen
import CXenShim
import Glibc
import XenControl
import XenTypes

// What stands in for libxenctrl in test programs, where CHostSimulator has the table, and for libxenforeignmemory, over
// which definitions in a program win. A handle exists only for a `SimulatedHypervisor`; to everybody else it looks as if
// there were no hypervisor.

typealias Handle = OpaquePointer?

func call(
    _ handle: Handle, _ name: String, _ domain: UInt32,
    _ body: (inout SimulatedDomain) throws(SimulatedHypervisor.Errno) -> Void = { _ in }
) -> Int32 {
    SimulatedHypervisor.of(handle, naming: domain)?.call(name, domain, body) ?? withoutHypervisor()
}

/// - Parameter domain: says who is meant by a handle that belongs to no hypervisor.
func call(
    _ handle: Handle, _ name: String, naming domain: UInt32? = nil,
    _ body: (inout SimulatedHypervisor.Machine) throws(SimulatedHypervisor.Errno) -> Int32
) -> Int32 {
    SimulatedHypervisor.of(handle, naming: domain)?.call(name, body) ?? withoutHypervisor()
}

/// Keeps what was set, which nothing reads but tests.
func set(_ handle: Handle, _ name: String, _ domain: UInt32, _ values: UInt64...) -> Int32 {
    call(handle, name, domain) { $0.settings[name] = values }
}

private func withoutHypervisor() -> Int32 {
    errno = EBADF
    return -1
}

// MARK: The handle

@_cdecl("simulated_xc_interface_open")
func interfaceOpen(_ logger: UnsafeMutableRawPointer?, _ builder: UnsafeMutableRawPointer?, _ flags: UInt32) -> Handle {
    SimulatedHypervisor.openHandle()
}

@_cdecl("simulated_xc_interface_close")
func interfaceClose(_ handle: Handle) -> Int32 {
    SimulatedHypervisor.closeHandle(handle)
    return 0
}

// MARK: The host

@_cdecl("simulated_xc_physinfo")
func physinfo(_ handle: Handle, _ info: UnsafeMutablePointer<xc_physinfo_t>) -> Int32 {
    call(handle, "xc_physinfo") { machine in
        var result = xc_physinfo_t()
        result.threads_per_core = 1
        result.cores_per_socket = machine.cpus
        result.nr_cpus = machine.cpus
        result.max_cpu_id = machine.cpus - 1
        result.nr_nodes = 1
        result.cpu_khz = 2_000_000
        // HVM, PV, HAP, shadow paging, and both grant tables (XEN_SYSCTL_PHYSCAP_*).
        result.capabilities = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 8 | 1 << 9 | (machine.hasIOMMU ? 1 << 2 : 0)
        result.total_pages = machine.totalPages
        result.free_pages = machine.freePages
        result.outstanding_pages = machine.domains.values.reduce(0) { $0 + $1.claimedPages }
        info.pointee = result
        return 0
    }
}

@_cdecl("simulated_xc_version")
func version(_ handle: Handle, _ what: Int32, _ answer: UnsafeMutableRawPointer?) -> Int32 {
    // Asked of each new handle, also of one that belongs to no hypervisor.
    if what == XENVER_version, handle != nil {
        let release = SimulatedHypervisor.of(handle)?.release ?? XenRelease.supported.lowerBound
        return Int32(release.major) << 16 | Int32(release.minor)
    }
    return call(handle, "xc_version \(what)") { _ throws(SimulatedHypervisor.Errno) in
        if what == XENVER_pagesize { return 4096 }
        let sizes = [
            XENVER_extraversion: MemoryLayout<xen_extraversion_t>.size,
            XENVER_compile_info: MemoryLayout<xen_compile_info_t>.size,
            XENVER_capabilities: MemoryLayout<xen_capabilities_info_t>.size,
            XENVER_changeset: MemoryLayout<xen_changeset_info_t>.size,
            XENVER_platform_parameters: MemoryLayout<xen_platform_parameters_t>.size,
            XENVER_commandline: MemoryLayout<xen_commandline_t>.size,
        ]
        guard let size = sizes[what], let answer else { throw .init(ENOSYS) }
        memset(answer, 0, size)
        // Memory of its own, so that no creation makes the control domain give up any.
        if what == XENVER_commandline { memcpy(answer, "dom0_mem=1024M,max:1024M", 24) }
        return 0
    }
}

@_cdecl("simulated_xc_get_max_cpus")
func getMaxCPUs(_ handle: Handle) -> Int32 { call(handle, "xc_get_max_cpus") { Int32($0.cpus) } }

@_cdecl("simulated_xc_get_online_cpus")
func getOnlineCPUs(_ handle: Handle) -> Int32 { call(handle, "xc_get_online_cpus") { Int32($0.cpus) } }

@_cdecl("simulated_xc_get_cpumap_size")
func getCPUMapSize(_ handle: Handle) -> Int32 { call(handle, "xc_get_cpumap_size") { Int32($0.cpus + 7) / 8 } }

@_cdecl("simulated_xc_get_max_nodes")
func getMaxNodes(_ handle: Handle) -> Int32 { call(handle, "xc_get_max_nodes") { _ in 1 } }

@_cdecl("simulated_xc_get_nodemap_size")
func getNodeMapSize(_ handle: Handle) -> Int32 { call(handle, "xc_get_nodemap_size") { _ in 1 } }

@_cdecl("simulated_xc_numainfo")
func numaInfo(
    _ handle: Handle, _ count: UnsafeMutablePointer<UInt32>, _ memory: UnsafeMutablePointer<xc_meminfo_t>?,
    _ distances: UnsafeMutablePointer<UInt32>?
) -> Int32 {
    call(handle, "xc_numainfo") { machine in
        count.pointee = 1
        memory?.pointee = xc_meminfo_t(memsize: machine.totalPages * 4096, memfree: machine.freePages * 4096)
        distances?.pointee = 10
        return 0
    }
}

@_cdecl("simulated_xc_cputopoinfo")
func cpuTopologyInfo(
    _ handle: Handle, _ count: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<xc_cputopo_t>?
) -> Int32 {
    call(handle, "xc_cputopoinfo") { machine in
        count.pointee = machine.cpus
        for cpu in 0..<machine.cpus {
            places?[Int(cpu)] = xc_cputopo_t(core: cpu, socket: cpu * machine.sockets / machine.cpus, node: 0)
        }
        return 0
    }
}

@_cdecl("simulated_xc_cpupool_getinfo")
func cpuPoolGetInfo(_ handle: Handle, _ first: UInt32) -> UnsafeMutablePointer<xc_cpupoolinfo_t>? {
    var info: UnsafeMutablePointer<xc_cpupoolinfo_t>?
    _ = call(handle, "xc_cpupool_getinfo") { machine throws(SimulatedHypervisor.Errno) in
        guard first == 0 else { throw SimulatedHypervisor.Errno(ENOENT) }
        let size = Int(machine.cpus + 7) / 8
        let map = calloc(size, 1)?.bindMemory(to: UInt8.self, capacity: size)
        for cpu in 0..<Int(machine.cpus) { map?[cpu / 8] |= 1 << UInt8(cpu % 8) }
        info = calloc(1, MemoryLayout<xc_cpupoolinfo_t>.size)?.bindMemory(to: xc_cpupoolinfo_t.self, capacity: 1)
        info?.pointee.sched_id = machine.scheduler
        info?.pointee.n_dom = UInt32(machine.domains.count)
        info?.pointee.cpumap = map
        return 0
    }
    return info
}

@_cdecl("simulated_xc_cpupool_freeinfo")
func cpuPoolFreeInfo(_ handle: Handle) -> UnsafeMutablePointer<UInt8>? {
    var map: UnsafeMutablePointer<UInt8>?
    _ = call(handle, "xc_cpupool_freeinfo") { machine in
        let size = Int(machine.cpus + 7) / 8
        map = calloc(size, 1)?.bindMemory(to: UInt8.self, capacity: size)
        return 0
    }
    return map
}

@_cdecl("simulated_xc_cpupool_infofree")
func cpuPoolInfoFree(_ handle: Handle, _ info: UnsafeMutablePointer<xc_cpupoolinfo_t>?) {
    free(info?.pointee.cpumap)
    free(info)
}

@_cdecl("simulated_xc_cpupool_movedomain")
func cpuPoolMoveDomain(_ handle: Handle, _ pool: UInt32, _ domain: UInt32) -> Int32 {
    call(handle, "xc_cpupool_movedomain", domain) { $0.pool = pool }
}

// MARK: Domains

/// `DOMID_FIRST_RESERVED` and `DOMID_ANY` of `xen/xen.h`.
private let (firstReserved, anyNumber): (UInt32, UInt32) = (0x7FF0, 0x7FF5)

@_cdecl("simulated_xc_domain_create")
func domainCreate(
    _ handle: Handle, _ number: UnsafeMutablePointer<UInt32>, _ config: UnsafePointer<UInt32>
) -> Int32 {
    let release = SimulatedHypervisor.of(handle)?.release ?? XenRelease.supported.lowerBound
    // The words of the release's struct xen_domctl_createdomain, whatever release the headers here are of.
    var words = Array(UnsafeBufferPointer(start: config, count: release.setsAltp2mAtCreation ? 17 : 16))
    let altp2m = release.setsAltp2mAtCreation ? words.remove(at: 12) : nil
    return call(handle, "xc_domain_create") { machine throws(SimulatedHypervisor.Errno) in
        // As that of 4.22, which takes none but DOMID_ANY for any number. Earlier ones take every reserved one.
        let isFixed = number.pointee != anyNumber
        guard !isFixed || number.pointee < firstReserved && machine.domains[number.pointee] == nil else {
            throw SimulatedHypervisor.Errno(EEXIST)
        }
        let domain = isFixed ? number.pointee : machine.lastDomain + 1
        if !isFixed { machine.lastDomain = domain }
        let uuid = words[1...4].withUnsafeBytes { Array($0) }
        var new = SimulatedDomain(uuid: uuid, isHVM: words[5] & 1 != 0)
        (new.ssid, new.altp2m, new.pool, new.emulation) = (words[0], altp2m, words[13], words[14])
        machine.domains[domain] = new
        number.pointee = domain
        return 0
    }
}

@_cdecl("simulated_xc_domain_destroy")
func domainDestroy(_ handle: Handle, _ domain: UInt32) -> Int32 {
    let status = call(handle, "xc_domain_destroy \(domain)") { machine throws(SimulatedHypervisor.Errno) in
        machine.freePages += try machine.domain(domain).pages
        machine.domains[domain] = nil
        for (device, owner) in machine.deviceOwners where owner == domain { machine.deviceOwners[device] = 0x7FF1 }
        return 0
    }
    if status == 0 { SimulatedHypervisor.of(handle)?.tell(.destroyed, domain) }
    return status
}

@_cdecl("simulated_xc_domain_pause")
func domainPause(_ handle: Handle, _ domain: UInt32) -> Int32 {
    call(handle, "xc_domain_pause", domain) { $0.pauseCount += 1 }
}

@_cdecl("simulated_xc_domain_unpause")
func domainUnpause(_ handle: Handle, _ domain: UInt32) -> Int32 {
    let status = call(handle, "xc_domain_unpause", domain) { domain throws(SimulatedHypervisor.Errno) in
        guard domain.pauseCount > 0 else { throw .invalid }
        domain.pauseCount -= 1
    }
    if status == 0 { SimulatedHypervisor.of(handle)?.tell(.unpaused, domain) }
    return status
}

@_cdecl("simulated_xc_domain_shutdown")
func domainShutdown(_ handle: Handle, _ domain: UInt32, _ reason: Int32) -> Int32 {
    let status = call(handle, "xc_domain_shutdown", domain) { $0.shutdownReason = UInt8(truncatingIfNeeded: reason) }
    if status == 0 { SimulatedHypervisor.of(handle)?.tell(.shutDown, domain) }
    return status
}

/// As `domain_soft_reset` in `xen/common/domain.c`: the domain goes on, but for the pauses that it has.
@_cdecl("simulated_xc_domain_soft_reset")
func domainSoftReset(_ handle: Handle, _ domain: UInt32) -> Int32 {
    call(handle, "xc_domain_soft_reset", domain) { domain throws(SimulatedHypervisor.Errno) in
        guard domain.isHVM, domain.shutdownReason != nil else { throw .invalid }
        (domain.shutdownReason, domain.suspendPort, domain.ports) = (nil, nil, [])
    }
}

@_cdecl("simulated_xc_domain_getinfolist")
func domainGetInfoList(
    _ handle: Handle, _ first: UInt32, _ limit: UInt32, _ list: UnsafeMutablePointer<xc_domaininfo_t>
) -> Int32 {
    call(handle, "xc_domain_getinfolist") { machine in
        let found = machine.domains.filter { $0.key >= first }.sorted { $0.key < $1.key }.prefix(Int(limit))
        for (index, (number, domain)) in found.enumerated() { list[index] = describe(domain, number) }
        return Int32(found.count)
    }
}

private func describe(_ domain: SimulatedDomain, _ number: UInt32) -> xc_domaininfo_t {
    var info = xc_domaininfo_t()
    info.domain = UInt16(number)
    withUnsafeMutableBytes(of: &info.handle) { $0.copyBytes(from: domain.uuid) }
    if domain.isHVM { info.flags |= UInt32(XEN_DOMINF_hvm_guest) }
    if domain.pauseCount > 0 { info.flags |= UInt32(XEN_DOMINF_paused) }
    info.flags |= UInt32(domain.shutdownReason ?? 0xFF) << UInt32(XEN_DOMINF_shutdownshift)
    if domain.shutdownReason != nil { info.flags |= UInt32(XEN_DOMINF_shutdown) }
    info.tot_pages = domain.pages
    info.max_pages = domain.maximumPages
    info.outstanding_pages = domain.claimedPages
    info.nr_online_vcpus = domain.maximumVCPUs
    info.max_vcpu_id = domain.maximumVCPUs &- 1
    info.cpupool = domain.pool
    info.gpaddr_bits = 36
    return info
}

@_cdecl("simulated_xc_domain_sethandle")
func domainSetHandle(_ handle: Handle, _ domain: UInt32, _ uuid: UnsafePointer<UInt8>) -> Int32 {
    call(handle, "xc_domain_sethandle", domain) { $0.uuid = Array(UnsafeBufferPointer(start: uuid, count: 16)) }
}

@_cdecl("simulated_xc_domain_set_target")
func domainSetTarget(_ handle: Handle, _ domain: UInt32, _ target: UInt32) -> Int32 {
    set(handle, "xc_domain_set_target", domain, UInt64(target))
}

@_cdecl("simulated_xc_domain_set_time_offset")
func domainSetTimeOffset(_ handle: Handle, _ domain: UInt32, _ seconds: Int32) -> Int32 {
    set(handle, "xc_domain_set_time_offset", domain, UInt64(bitPattern: Int64(seconds)))
}

@_cdecl("simulated_xc_domain_set_tsc_info")
func domainSetTSCInfo(
    _ handle: Handle, _ domain: UInt32, _ mode: UInt32, _ elapsed: UInt64, _ khz: UInt32, _ incarnation: UInt32
) -> Int32 {
    set(handle, "xc_domain_set_tsc_info", domain, UInt64(mode), elapsed, UInt64(khz), UInt64(incarnation))
}

// MARK: vCPUs

@_cdecl("simulated_xc_domain_max_vcpus")
func domainMaxVCPUs(_ handle: Handle, _ domain: UInt32, _ count: UInt32) -> Int32 {
    call(handle, "xc_domain_max_vcpus", domain) { $0.maximumVCPUs = count }
}

@_cdecl("simulated_xc_vcpu_getinfo")
func vcpuGetInfo(
    _ handle: Handle, _ domain: UInt32, _ vcpu: UInt32, _ info: UnsafeMutablePointer<xc_vcpuinfo_t>
) -> Int32 {
    call(handle, "xc_vcpu_getinfo", domain) { domain throws(SimulatedHypervisor.Errno) in
        guard vcpu < domain.maximumVCPUs else { throw .noSuchDomain }
        info.pointee = xc_vcpuinfo_t()
        info.pointee.online = 1
    }
}

@_cdecl("simulated_xc_vcpu_setaffinity")
func vcpuSetAffinity(
    _ handle: Handle, _ domain: UInt32, _ vcpu: Int32, _ hard: UnsafeMutablePointer<UInt8>?,
    _ soft: UnsafeMutablePointer<UInt8>?, _ flags: UInt32
) -> Int32 {
    set(
        handle, "xc_vcpu_setaffinity", domain, UInt64(UInt32(bitPattern: vcpu)), UInt64(hard?.pointee ?? 0),
        UInt64(soft?.pointee ?? 0))
}

@_cdecl("simulated_xc_vcpu_getaffinity")
func vcpuGetAffinity(
    _ handle: Handle, _ domain: UInt32, _ vcpu: Int32, _ hard: UnsafeMutablePointer<UInt8>?,
    _ soft: UnsafeMutablePointer<UInt8>?, _ flags: UInt32
) -> Int32 {
    call(handle, "xc_vcpu_getaffinity", domain) { _ in
        hard?.pointee = 0xFF
        soft?.pointee = 0xFF
    }
}

@_cdecl("simulated_xc_domain_node_setaffinity")
func domainNodeSetAffinity(_ handle: Handle, _ domain: UInt32, _ nodes: UnsafePointer<UInt8>) -> Int32 {
    set(handle, "xc_domain_node_setaffinity", domain, UInt64(nodes.pointee))
}

@_cdecl("simulated_xc_domain_node_getaffinity")
func domainNodeGetAffinity(_ handle: Handle, _ domain: UInt32, _ nodes: UnsafeMutablePointer<UInt8>) -> Int32 {
    call(handle, "xc_domain_node_getaffinity", domain) { _ in nodes.pointee = 1 }
}

// MARK: Event channels, parameters, permissions

@_cdecl("simulated_xc_evtchn_alloc_unbound")
func evtchnAllocUnbound(_ handle: Handle, _ domain: UInt32, _ remote: UInt32) -> Int32 {
    let port = SimulatedHypervisor.newPort()
    return call(handle, "xc_evtchn_alloc_unbound \(domain)") { machine throws(SimulatedHypervisor.Errno) in
        _ = try machine.domain(domain)
        machine.domains[domain]?.ports.insert(port)
        return Int32(port)
    }
}

@_cdecl("simulated_xc_hvm_param_set")
func hvmParamSet(_ handle: Handle, _ domain: UInt32, _ parameter: UInt32, _ value: UInt64) -> Int32 {
    let release = SimulatedHypervisor.of(handle)?.release ?? XenRelease.supported.lowerBound
    return call(handle, "xc_hvm_param_set", domain) { domain throws(SimulatedHypervisor.Errno) in
        // Known, and refused, since it is an argument of the creation.
        guard parameter != HVM_PARAM_ALTP2M || !release.setsAltp2mAtCreation else { throw .invalid }
        domain.parameters[parameter] = value
    }
}

@_cdecl("simulated_xc_hvm_param_get")
func hvmParamGet(
    _ handle: Handle, _ domain: UInt32, _ parameter: UInt32, _ value: UnsafeMutablePointer<UInt64>
) -> Int32 { call(handle, "xc_hvm_param_get", domain) { value.pointee = $0.parameters[parameter] ?? 0 } }

@_cdecl("simulated_xc_domain_ioport_permission")
func domainIOPortPermission(
    _ handle: Handle, _ domain: UInt32, _ first: UInt32, _ count: UInt32, _ allow: UInt32
) -> Int32 { set(handle, "xc_domain_ioport_permission", domain, UInt64(first), UInt64(count), UInt64(allow)) }

@_cdecl("simulated_xc_domain_iomem_permission")
func domainIOMemoryPermission(
    _ handle: Handle, _ domain: UInt32, _ first: UInt, _ count: UInt, _ allow: UInt8
) -> Int32 {
    call(handle, "xc_domain_iomem_permission", domain) { domain in
        let frames = UInt64(first)..<UInt64(first + count)
        if allow != 0 { domain.ioMemory.insert(frames) } else { domain.ioMemory.remove(frames) }
    }
}

@_cdecl("simulated_xc_domain_subscribe_for_suspend")
func domainSubscribeForSuspend(_ handle: Handle, _ domain: UInt32, _ port: UInt32) -> Int32 {
    call(handle, "xc_domain_subscribe_for_suspend", domain) { $0.suspendPort = port }
}

@_cdecl("simulated_xc_domain_getvnuma")
func domainGetVNUMA(
    _ handle: Handle, _ domain: UInt32, _ nodes: UnsafeMutableRawPointer?, _ ranges: UnsafeMutableRawPointer?,
    _ vcpus: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ distances: UnsafeMutableRawPointer?,
    _ nodeOfVCPU: UnsafeMutableRawPointer?
) -> Int32 {
    call(handle, "xc_domain_getvnuma", domain) { _ throws(SimulatedHypervisor.Errno) in throw .init(EOPNOTSUPP) }
}
