import CXen
import Glibc

// The schedulers' calls, which a domain in a pool of another scheduler refuses as the hypervisor does.

/// What a domain gets of the processors.
public struct SimulatedShare: Hashable, Sendable {
    public struct RealTime: Hashable, Sendable {
        public var period: UInt32 = 10000
        public var budget: UInt32 = 4000
        public var extraTime = true
    }

    public var weight: UInt16 = 256
    public var cap: UInt16 = 0
    /// Of vCPUs for which something was set, by their numbers.
    public var vcpus: [UInt32: RealTime] = [:]
}

private let (credit, credit2, rtds): (UInt32, UInt32, UInt32) = (5, 6, 8)

@_cdecl("simulated_xc_sched_id")
func schedulerID(_ handle: Handle, _ id: UnsafeMutablePointer<Int32>) -> Int32 {
    call(handle, "xc_sched_id") { machine in
        id.pointee = Int32(machine.scheduler)
        return 0
    }
}

private func share(
    _ handle: Handle, _ name: String, _ domain: UInt32, _ scheduler: UInt32,
    _ body: (inout SimulatedDomain) throws(SimulatedHypervisor.Errno) -> Void
) -> Int32 {
    call(handle, "\(name) \(domain)", naming: domain) { machine throws(SimulatedHypervisor.Errno) in
        guard machine.scheduler == scheduler else { throw .invalid }
        var found = try machine.domain(domain)
        try body(&found)
        machine.domains[domain] = found
        return 0
    }
}

@_cdecl("simulated_xc_sched_credit_domain_get")
func creditDomainGet(_ handle: Handle, _ domain: UInt32, _ raw: UnsafeMutablePointer<xen_domctl_sched_credit>) -> Int32
{
    share(handle, "xc_sched_credit_domain_get", domain, credit) {
        raw.pointee = xen_domctl_sched_credit(weight: $0.share.weight, cap: $0.share.cap)
    }
}

@_cdecl("simulated_xc_sched_credit_domain_set")
func creditDomainSet(_ handle: Handle, _ domain: UInt32, _ raw: UnsafePointer<xen_domctl_sched_credit>) -> Int32 {
    share(handle, "xc_sched_credit_domain_set", domain, credit) {
        ($0.share.weight, $0.share.cap) = (raw.pointee.weight, raw.pointee.cap)
    }
}

@_cdecl("simulated_xc_sched_credit2_domain_get")
func credit2DomainGet(
    _ handle: Handle, _ domain: UInt32, _ raw: UnsafeMutablePointer<xen_domctl_sched_credit2>
) -> Int32 {
    share(handle, "xc_sched_credit2_domain_get", domain, credit2) {
        raw.pointee = xen_domctl_sched_credit2(weight: $0.share.weight, cap: $0.share.cap)
    }
}

@_cdecl("simulated_xc_sched_credit2_domain_set")
func credit2DomainSet(_ handle: Handle, _ domain: UInt32, _ raw: UnsafePointer<xen_domctl_sched_credit2>) -> Int32 {
    share(handle, "xc_sched_credit2_domain_set", domain, credit2) {
        ($0.share.weight, $0.share.cap) = (raw.pointee.weight, raw.pointee.cap)
    }
}

@_cdecl("simulated_xc_sched_rtds_domain_get")
func rtdsDomainGet(_ handle: Handle, _ domain: UInt32, _ raw: UnsafeMutablePointer<xen_domctl_sched_rtds>) -> Int32 {
    // The hypervisor tells what vCPUs begin with, and nothing of extra time.
    share(handle, "xc_sched_rtds_domain_get", domain, rtds) { _ in
        let first = SimulatedShare.RealTime()
        raw.pointee = xen_domctl_sched_rtds(period: first.period, budget: first.budget, flags: 0)
    }
}

@_cdecl("simulated_xc_sched_rtds_vcpu_get")
func rtdsVCPUGet(
    _ handle: Handle, _ domain: UInt32, _ list: UnsafeMutablePointer<xen_domctl_schedparam_vcpu_t>, _ count: UInt32
) -> Int32 {
    share(handle, "xc_sched_rtds_vcpu_get", domain, rtds) { domain throws(SimulatedHypervisor.Errno) in
        for index in 0..<Int(count) {
            guard list[index].vcpuid < domain.maximumVCPUs else { throw .invalid }
            let share = domain.share.vcpus[list[index].vcpuid] ?? SimulatedShare.RealTime()
            list[index].u.rtds = xen_domctl_sched_rtds(
                period: share.period, budget: share.budget,
                flags: share.extraTime ? 1 << UInt32(_XEN_DOMCTL_SCHEDRT_extra) : 0)
        }
    }
}

@_cdecl("simulated_xc_sched_rtds_vcpu_set")
func rtdsVCPUSet(
    _ handle: Handle, _ domain: UInt32, _ list: UnsafePointer<xen_domctl_schedparam_vcpu_t>, _ count: UInt32
) -> Int32 {
    share(handle, "xc_sched_rtds_vcpu_set", domain, rtds) { domain throws(SimulatedHypervisor.Errno) in
        for index in 0..<Int(count) {
            let wanted = list[index].u.rtds
            guard list[index].vcpuid < domain.maximumVCPUs, wanted.period >= 10, wanted.budget >= 10,
                wanted.budget <= wanted.period
            else { throw .invalid }
            domain.share.vcpus[list[index].vcpuid] = SimulatedShare.RealTime(
                period: wanted.period, budget: wanted.budget,
                extraTime: wanted.flags & (1 << UInt32(_XEN_DOMCTL_SCHEDRT_extra)) != 0)
        }
    }
}

private func pool(
    _ handle: Handle, _ name: String, _ pool: UInt32, _ scheduler: UInt32,
    _ body: (inout SimulatedHypervisor.Machine) -> Void
) -> Int32 {
    call(handle, "\(name) \(pool)") { machine throws(SimulatedHypervisor.Errno) in
        guard pool == 0, machine.scheduler == scheduler else { throw .invalid }
        body(&machine)
        return 0
    }
}

@_cdecl("simulated_xc_sched_credit_params_get")
func creditPoolGet(_ handle: Handle, _ number: UInt32, _ raw: UnsafeMutablePointer<xen_sysctl_credit_schedule>) -> Int32
{
    pool(handle, "xc_sched_credit_params_get", number, credit) {
        raw.pointee = xen_sysctl_credit_schedule(
            tslice_ms: $0.poolSettings[0], ratelimit_us: $0.poolSettings[1], vcpu_migr_delay_us: $0.poolSettings[2])
    }
}

@_cdecl("simulated_xc_sched_credit_params_set")
func creditPoolSet(_ handle: Handle, _ number: UInt32, _ raw: UnsafePointer<xen_sysctl_credit_schedule>) -> Int32 {
    pool(handle, "xc_sched_credit_params_set", number, credit) {
        $0.poolSettings = [raw.pointee.tslice_ms, raw.pointee.ratelimit_us, raw.pointee.vcpu_migr_delay_us]
    }
}

@_cdecl("simulated_xc_sched_credit2_params_get")
func credit2PoolGet(
    _ handle: Handle, _ number: UInt32, _ raw: UnsafeMutablePointer<xen_sysctl_credit2_schedule>
) -> Int32 {
    pool(handle, "xc_sched_credit2_params_get", number, credit2) {
        raw.pointee = xen_sysctl_credit2_schedule(ratelimit_us: $0.poolSettings[1])
    }
}

@_cdecl("simulated_xc_sched_credit2_params_set")
func credit2PoolSet(_ handle: Handle, _ number: UInt32, _ raw: UnsafePointer<xen_sysctl_credit2_schedule>) -> Int32 {
    pool(handle, "xc_sched_credit2_params_set", number, credit2) { $0.poolSettings[1] = raw.pointee.ratelimit_us }
}
