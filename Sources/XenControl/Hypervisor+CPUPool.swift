import CXen
import Glibc
import XenTypes

/// A CPU pool at one moment.
package struct CPUPoolInfo: Hashable, Sendable {
    package var id: UInt32
    /// The scheduler's number, see `Scheduler`.
    package var scheduler: UInt32
    package var domains: UInt32
    package var cpus: Bitmap
}

extension Hypervisor {
    /// All pools, in the order of their numbers.
    package func cpuPools() throws(HypervisorError) -> [CPUPoolInfo] {
        var pools: [CPUPoolInfo] = []
        while let pool = try cpuPool(from: pools.last.map { $0.id &+ 1 } ?? 0) {
            guard pool.id > pools.last?.id ?? 0 || pools.isEmpty else { break }
            pools.append(pool)
        }
        return pools
    }

    /// One pool; nil when there is none with this number.
    package func cpuPool(_ id: UInt32) throws(HypervisorError) -> CPUPoolInfo? {
        try cpuPool(from: id).flatMap { $0.id == id ? $0 : nil }
    }

    /// The pool with the lowest number that is not below `first`.
    private func cpuPool(from first: UInt32) throws(HypervisorError) -> CPUPoolInfo? {
        let size = try cpuMapSize()
        let raw = try raw()
        errno = 0
        guard let info = xc_cpupool_getinfo(raw, first) else {
            if errno == ENOENT || errno == 0 { return nil }
            throw Self.lastError("read the CPU pools", nil, code: errno)
        }
        defer { xc_cpupool_infofree(raw, info) }
        let map = UnsafeBufferPointer(start: info.pointee.cpumap, count: info.pointee.cpumap == nil ? 0 : size)
        return CPUPoolInfo(
            id: info.pointee.cpupool_id, scheduler: info.pointee.sched_id, domains: info.pointee.n_dom,
            cpus: Bitmap(bytes: map))
    }

    /// CPUs that belong to no pool.
    package func freeCPUs() throws(HypervisorError) -> Bitmap {
        let size = try cpuMapSize()
        let raw = try raw()
        guard let map = xc_cpupool_freeinfo(raw) else {
            throw Self.lastError("read the CPUs without a pool", nil, code: errno)
        }
        defer { free(map) }
        return Bitmap(bytes: UnsafeBufferPointer(start: map, count: size))
    }

    /// - Parameter id: the number wanted, or nil for any.
    package func createCPUPool(scheduler: UInt32, as id: UInt32? = nil) throws(HypervisorError) -> UInt32 {
        var number = id ?? UInt32.max  // XC_CPUPOOL_POOLID_ANY in xenctrl.h
        try call("create a CPU pool") { xc_cpupool_create($0, &number, scheduler) }
        return number
    }

    /// The pool must have no CPUs and no domains.
    package func destroyCPUPool(_ id: UInt32) throws(HypervisorError) {
        try call("destroy CPU pool \(id)") { xc_cpupool_destroy($0, id) }
    }

    package func addCPU(_ cpu: Int32, toPool id: UInt32) throws(HypervisorError) {
        try call("add CPU \(cpu) to CPU pool \(id)") { xc_cpupool_addcpu($0, id, cpu) }
    }

    package func removeCPU(_ cpu: Int32, fromPool id: UInt32) throws(HypervisorError) {
        try call("remove CPU \(cpu) from CPU pool \(id)") { xc_cpupool_removecpu($0, id, cpu) }
    }

    package func moveDomain(_ domain: DomainID, toPool id: UInt32) throws(HypervisorError) {
        try call("move to CPU pool \(id)", domain) { xc_cpupool_movedomain($0, id, domain.rawValue) }
    }
}
