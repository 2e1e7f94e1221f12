import CXen
import XenTypes

/// The schedulers of Xen (`XEN_SCHEDULER_*` in `xen/domctl.h`).
package enum Scheduler: UInt32, Sendable, CaseIterable {
    /// Credit.
    case credit = 5
    /// Credit2.
    case credit2 = 6
    /// ARINC 653.
    case arinc653 = 7
    /// RTDS.
    case rtds = 8
    /// Null.
    case null = 9
}

/// A domain's share under the credit schedulers.
public struct CreditParameters: Hashable, Sendable {
    /// Share of processor time, 1 to 65535.
    public var weight: UInt16
    /// In percent of one CPU; 0 for no limit.
    public var cap: UInt16

    public init(weight: UInt16, cap: UInt16) {
        self.weight = weight
        self.cap = cap
    }
}

/// A pool's settings of the credit scheduler.
public struct CreditPoolParameters: Hashable, Sendable {
    /// How long a virtual CPU runs at once, in milliseconds.
    public var timesliceMilliseconds: UInt32
    /// How long it runs at least, in microseconds; 0 for no such limit.
    public var rateLimitMicroseconds: UInt32
    /// How long it stays on a processor after it ran there, in microseconds.
    public var migrationDelayMicroseconds: UInt32

    public init(timesliceMilliseconds: UInt32, rateLimitMicroseconds: UInt32, migrationDelayMicroseconds: UInt32) {
        self.timesliceMilliseconds = timesliceMilliseconds
        self.rateLimitMicroseconds = rateLimitMicroseconds
        self.migrationDelayMicroseconds = migrationDelayMicroseconds
    }
}

/// A vCPU's share under the real-time scheduler.
public struct RTDSParameters: Hashable, Sendable {
    /// In microseconds.
    public var period: UInt32
    /// In microseconds.
    public var budget: UInt32
    /// May run longer while a CPU is idle.
    public var extraTime: Bool

    public init(period: UInt32, budget: UInt32, extraTime: Bool) {
        self.period = period
        self.budget = budget
        self.extraTime = extraTime
    }

    init(_ raw: xen_domctl_sched_rtds) {
        self.init(
            period: raw.period, budget: raw.budget, extraTime: raw.flags & (1 << UInt32(_XEN_DOMCTL_SCHEDRT_extra)) != 0
        )
    }

    var raw: xen_domctl_sched_rtds {
        xen_domctl_sched_rtds(
            period: period, budget: budget, flags: extraTime ? 1 << UInt32(_XEN_DOMCTL_SCHEDRT_extra) : 0)
    }
}

extension Hypervisor {
    /// The scheduler's number for the hypervisor as a whole, see `Scheduler`.
    package func schedulerID() throws(HypervisorError) -> UInt32 {
        var id: Int32 = 0
        try call("read the scheduler") { xc_sched_id($0, &id) }
        return UInt32(bitPattern: id)
    }

    package func creditParameters(of domain: DomainID) throws(HypervisorError) -> CreditParameters {
        var raw = xen_domctl_sched_credit()
        try call("read the credit parameters of", domain) { xc_sched_credit_domain_get($0, domain.rawValue, &raw) }
        return CreditParameters(weight: raw.weight, cap: raw.cap)
    }

    package func setCreditParameters(_ parameters: CreditParameters, of domain: DomainID) throws(HypervisorError) {
        var raw = xen_domctl_sched_credit(weight: parameters.weight, cap: parameters.cap)
        try call("set the credit parameters of", domain) { xc_sched_credit_domain_set($0, domain.rawValue, &raw) }
    }

    package func credit2Parameters(of domain: DomainID) throws(HypervisorError) -> CreditParameters {
        var raw = xen_domctl_sched_credit2()
        try call("read the credit2 parameters of", domain) { xc_sched_credit2_domain_get($0, domain.rawValue, &raw) }
        return CreditParameters(weight: raw.weight, cap: raw.cap)
    }

    package func setCredit2Parameters(_ parameters: CreditParameters, of domain: DomainID) throws(HypervisorError) {
        var raw = xen_domctl_sched_credit2(weight: parameters.weight, cap: parameters.cap)
        try call("set the credit2 parameters of", domain) { xc_sched_credit2_domain_set($0, domain.rawValue, &raw) }
    }

    package func creditParameters(ofPool pool: UInt32) throws(HypervisorError) -> CreditPoolParameters {
        var raw = xen_sysctl_credit_schedule()
        try call("read the credit parameters of CPU pool \(pool)") { xc_sched_credit_params_get($0, pool, &raw) }
        return CreditPoolParameters(
            timesliceMilliseconds: raw.tslice_ms, rateLimitMicroseconds: raw.ratelimit_us,
            migrationDelayMicroseconds: raw.vcpu_migr_delay_us)
    }

    package func setCreditParameters(_ parameters: CreditPoolParameters, ofPool pool: UInt32) throws(HypervisorError) {
        var raw = xen_sysctl_credit_schedule(
            tslice_ms: parameters.timesliceMilliseconds, ratelimit_us: parameters.rateLimitMicroseconds,
            vcpu_migr_delay_us: parameters.migrationDelayMicroseconds)
        try call("set the credit parameters of CPU pool \(pool)") { xc_sched_credit_params_set($0, pool, &raw) }
    }

    /// The rate limit of credit2 in microseconds.
    package func credit2RateLimit(ofPool pool: UInt32) throws(HypervisorError) -> UInt32 {
        var raw = xen_sysctl_credit2_schedule()
        try call("read the credit2 parameters of CPU pool \(pool)") { xc_sched_credit2_params_get($0, pool, &raw) }
        return raw.ratelimit_us
    }

    package func setCredit2RateLimit(_ microseconds: UInt32, ofPool pool: UInt32) throws(HypervisorError) {
        var raw = xen_sysctl_credit2_schedule(ratelimit_us: microseconds)
        try call("set the credit2 parameters of CPU pool \(pool)") { xc_sched_credit2_params_set($0, pool, &raw) }
    }

    /// The real-time parameters with which vCPUs begin. Of them the hypervisor tells period and budget alone; vCPUs
    /// begin with extra time (`rt_alloc_udata` in `xen/common/sched/rt.c`).
    package func firstRTDSParameters(of domain: DomainID) throws(HypervisorError) -> RTDSParameters {
        var raw = xen_domctl_sched_rtds()
        try call("read the rtds parameters of", domain) { xc_sched_rtds_domain_get($0, domain.rawValue, &raw) }
        return RTDSParameters(period: raw.period, budget: raw.budget, extraTime: true)
    }

    package func rtdsParameters(ofVCPUs vcpus: [UInt32], of domain: DomainID) throws(HypervisorError)
        -> [RTDSParameters]
    {
        var raw = vcpus.map { vcpu in
            var entry = xen_domctl_schedparam_vcpu_t()
            entry.vcpuid = vcpu
            return entry
        }
        let count = UInt32(clamping: raw.count)
        try call("read the rtds parameters of", domain) { xc_sched_rtds_vcpu_get($0, domain.rawValue, &raw, count) }
        return raw.map { RTDSParameters($0.u.rtds) }
    }

    package func setRTDSParameters(
        _ parameters: [(vcpu: UInt32, value: RTDSParameters)], of domain: DomainID
    ) throws(HypervisorError) {
        var raw = parameters.map { parameter in
            var entry = xen_domctl_schedparam_vcpu_t()
            entry.vcpuid = parameter.vcpu
            entry.u.rtds = parameter.value.raw
            return entry
        }
        let count = UInt32(clamping: raw.count)
        try call("set the rtds parameters of", domain) { xc_sched_rtds_vcpu_set($0, domain.rawValue, &raw, count) }
    }
}
