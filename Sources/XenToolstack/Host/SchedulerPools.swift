import DomainModel
import XenControl
import XenTypes

/// A pool as its scheduler's command shows it.
public struct SchedulerPool: Hashable, Sendable {
    /// What holds for the pool as a whole.
    public enum Settings: Hashable, Sendable {
        /// Those of credit.
        case credit(CreditPoolParameters)
        /// How long a virtual CPU runs at least, in microseconds; 0 for no such limit.
        case credit2(rateLimitMicroseconds: UInt32)
    }

    /// What a domain gets.
    public enum Share: Hashable, Sendable {
        /// Under credit and credit2.
        case credit(CreditParameters)
        /// Under rtds: with what its vCPUs begin.
        case rtds(RTDSParameters)
        /// Under rtds: each vCPU's own.
        case vcpus([VCPUShare])
    }

    /// A vCPU's share under rtds.
    public struct VCPUShare: Hashable, Sendable {
        /// The virtual CPU's number.
        public var vcpu: UInt32
        /// Its share.
        public var parameters: RTDSParameters

        public init(vcpu: UInt32, parameters: RTDSParameters) {
            self.vcpu = vcpu
            self.parameters = parameters
        }
    }

    /// A domain of the pool.
    public struct Domain: Hashable, Sendable {
        /// The domain's number.
        public var domain: DomainID
        /// Its name; nil for one without.
        public var name: String?
        /// Its share of processor time.
        public var share: Share

        public init(domain: DomainID, name: String?, share: Share) {
            self.domain = domain
            self.name = name
            self.share = share
        }
    }

    /// The pool's number.
    public var id: UInt32
    /// Its name; nil for one without.
    public var name: String?
    /// nil where the scheduler has none, or where they cannot be read: another scheduler runs the pool.
    public var settings: Settings?
    /// nil where they were not asked for.
    public var domains: [Domain]?

    public init(id: UInt32, name: String?, settings: Settings?, domains: [Domain]?) {
        self.id = id
        self.name = name
        self.settings = settings
        self.domains = domains
    }
}

/// Whose real-time shares are meant.
public enum VCPUChoice: Hashable, Sendable {
    /// Those with which the domain's vCPUs begin.
    case first
    /// All of them, each for itself.
    case all
    /// Those with these numbers.
    case some([UInt32])
}

/// A credit scheduler's settings of a pool, as far as they are to be changed.
public struct SchedulerPoolChange: Hashable, Sendable {
    /// How long a virtual CPU runs at once, in milliseconds; nil to leave it.
    public var timesliceMilliseconds: Int?
    /// How long it runs at least, in microseconds; nil to leave it.
    public var rateLimitMicroseconds: Int?
    /// How long it stays on a processor after it ran there, in microseconds; nil to leave it.
    public var migrationDelayMicroseconds: Int?

    public init(
        timesliceMilliseconds: Int? = nil, rateLimitMicroseconds: Int? = nil, migrationDelayMicroseconds: Int? = nil
    ) {
        self.timesliceMilliseconds = timesliceMilliseconds
        self.rateLimitMicroseconds = rateLimitMicroseconds
        self.migrationDelayMicroseconds = migrationDelayMicroseconds
    }

    /// Whether all is left as it is.
    public var isEmpty: Bool { self == SchedulerPoolChange() }

    /// In microseconds; 0 is none (`XEN_SYSCTL_SCHED_RATELIMIT_*` in `xen/sysctl.h`).
    private static let rateLimits = 100...500_000
    /// In milliseconds (`XEN_SYSCTL_CSCHED_TSLICE_*`).
    private static let timeslices = 1...1000
    /// In microseconds (`XEN_SYSCTL_CSCHED_MGR_DLY_MAX_US`).
    private static let migrationDelays = 0...100_000

    /// What credit gets in place of `current`.
    func credit(_ current: CreditPoolParameters) throws(ToolstackError) -> CreditPoolParameters {
        let slice = timesliceMilliseconds ?? Int(current.timesliceMilliseconds)
        let limit = try rateLimit(Int(current.rateLimitMicroseconds))
        let delay = migrationDelayMicroseconds ?? Int(current.migrationDelayMicroseconds)
        guard Self.timeslices.contains(slice) else {
            throw Self.outside("the time slice", slice, Self.timeslices, "ms")
        }
        guard limit <= slice * 1000 else {
            throw ToolstackError(
                .invalid, "the rate limit of \(limit) µs is longer than the time slice of \(slice) ms")
        }
        guard Self.migrationDelays.contains(delay) else {
            throw Self.outside("the migration delay", delay, Self.migrationDelays, "µs")
        }
        return CreditPoolParameters(
            timesliceMilliseconds: UInt32(slice), rateLimitMicroseconds: UInt32(limit),
            migrationDelayMicroseconds: UInt32(delay))
    }

    /// The rate limit in place of `current`.
    func rateLimit(_ current: Int) throws(ToolstackError) -> Int {
        let limit = rateLimitMicroseconds ?? current
        guard limit == 0 || Self.rateLimits.contains(limit) else {
            throw Self.outside("the rate limit", limit, Self.rateLimits, "µs, or 0 for none")
        }
        return limit
    }

    private static func outside(_ what: String, _ value: Int, _ range: ClosedRange<Int>, _ unit: String)
        -> ToolstackError
    {
        ToolstackError(
            .invalid, "\(what) is \(value)", remedy: "it can be \(range.lowerBound) to \(range.upperBound) \(unit)")
    }
}

extension DomainModel.Scheduler {
    fileprivate var feature: HypervisorFeature? {
        switch self {
        case .credit: .credit
        case .credit2: .credit2
        case .rtds: .rtds
        case .unknown, .sedf, .arinc653, .null: nil
        }
    }
}

extension Toolstack {
    /// The pools that a scheduler runs, with what the domains in them get.
    public func schedulerPools(
        _ scheduler: DomainModel.Scheduler, only pool: CPUPool? = nil, vcpus: VCPUChoice = .first
    ) throws(ToolstackError) -> [SchedulerPool] {
        let pools = if let pool { [pool] } else { try cpuPools() }
        do {
            let infos = try hypervisor.domains()
            let named = zip(infos, try names(of: infos.map(\.domain))).map { (info: $0, name: $1) }
            return try pools.filter { $0.scheduler == scheduler }.map { pool in
                var shown = self.schedulerPool(pool, scheduler)
                shown.domains = try named.filter { $0.info.cpupool == pool.id }.compactMap { domain in
                    try self.shareUnlessGone(of: domain.info, scheduler, vcpus).map {
                        SchedulerPool.Domain(domain: domain.info.domain, name: domain.name, share: $0)
                    }
                }
                return shown
            }
        } catch {
            throw ToolstackError(.fail, "cannot list the domains' shares under \(scheduler.name)", underlying: error)
        }
    }

    /// A pool with its scheduler's settings, without its domains.
    public func schedulerPool(_ pool: CPUPool, _ scheduler: DomainModel.Scheduler) -> SchedulerPool {
        SchedulerPool(
            id: pool.id, name: pool.name, settings: settings(of: pool.id, scheduler), domains: nil)
    }

    private func settings(of pool: UInt32, _ scheduler: DomainModel.Scheduler) -> SchedulerPool.Settings? {
        switch scheduler {
        case .credit: (try? hypervisor.creditParameters(ofPool: pool)).map { .credit($0) }
        case .credit2: (try? hypervisor.credit2RateLimit(ofPool: pool)).map { .credit2(rateLimitMicroseconds: $0) }
        default: nil
        }
    }

    /// One domain's share, in the pool that it is in.
    ///
    /// - Throws: `invalid` when another scheduler runs the domain's pool.
    public func schedulerPool(
        of domain: DomainID, _ scheduler: DomainModel.Scheduler, vcpus: VCPUChoice = .first
    ) throws(ToolstackError) -> SchedulerPool {
        let info = try info(of: domain)
        do {
            let pool = try hypervisor.cpuPool(info.cpupool)
            guard pool?.scheduler == scheduler.number else {
                var error = SchedulingSettings.otherScheduler(of: domain, is: pool?.scheduler ?? 0, not: scheduler)
                if let absence = absence(of: scheduler) { error.cause = absence }
                throw error
            }
            let share = try share(of: info, scheduler, vcpus)
            return SchedulerPool(
                id: info.cpupool, name: try poolName(info.cpupool), settings: settings(of: info.cpupool, scheduler),
                domains: [SchedulerPool.Domain(domain: domain, name: try name(of: domain), share: share)])
        } catch {
            throw ToolstackError(
                .fail, "cannot read the share of domain \(domain) under \(scheduler.name)", domain: domain,
                underlying: error)
        }
    }

    /// - Returns: nil for a domain that has gone, or to another pool, since it was listed.
    private func shareUnlessGone(
        of info: DomainInfo, _ scheduler: DomainModel.Scheduler, _ vcpus: VCPUChoice
    ) throws -> SchedulerPool.Share? {
        do { return try share(of: info, scheduler, vcpus) } catch {
            let now = try hypervisor.info(of: info.domain)
            guard let now, now.cpupool == info.cpupool, !now.flags.contains(.dying) else { return nil }
            throw error
        }
    }

    private func share(
        of info: DomainInfo, _ scheduler: DomainModel.Scheduler, _ vcpus: VCPUChoice
    ) throws -> SchedulerPool.Share {
        guard scheduler == .rtds else {
            return .credit(
                scheduler == .credit
                    ? try hypervisor.creditParameters(of: info.domain)
                    : try hypervisor.credit2Parameters(of: info.domain))
        }
        let numbers: [UInt32]
        switch vcpus {
        case .first: return .rtds(try hypervisor.firstRTDSParameters(of: info.domain))
        case .all: numbers = info.maximumVCPUID.map { Array(0...$0) } ?? []
        case .some(let chosen): numbers = try SchedulingSettings.known(chosen, of: info)
        }
        return .vcpus(
            zip(numbers, try hypervisor.rtdsParameters(ofVCPUs: numbers, of: info.domain)).map {
                SchedulerPool.VCPUShare(vcpu: $0, parameters: $1)
            })
    }

    /// Why no pool here has a scheduler; nil where only nobody made one.
    public func absence(of scheduler: DomainModel.Scheduler) -> String? {
        scheduler.feature.flatMap { absence(of: $0) }
    }

    /// Changes a domain's share as the keys of a configuration do.
    ///
    /// - Parameter parameters: what is nil stays; `sched` is the scheduler that the domain must have.
    /// - Throws: `invalid` for values that the scheduler does not have, and for another scheduler.
    public func setShare(_ parameters: SchedulerParameters, of domain: DomainID) throws(ToolstackError) {
        try SchedulingSettings(parameters).apply(to: domain, hypervisor: hypervisor)
    }

    /// Changes the real-time shares of a domain's vCPUs: all are checked before the first one is set.
    ///
    /// - Throws: as `setShare(_:of:)`.
    public func setShares(
        _ shares: [(vcpu: UInt32, parameters: SchedulerParameters)], of domain: DomainID
    ) throws(ToolstackError) {
        _ = try schedulerPool(of: domain, .rtds)
        try SchedulingSettings.apply(
            shares.map { ($0.vcpu, SchedulingSettings($0.parameters)) }, to: info(of: domain), hypervisor: hypervisor)
    }

    /// Changes a pool's settings of its scheduler, credit or credit2.
    public func change(
        _ pool: CPUPool, _ scheduler: DomainModel.Scheduler, to change: SchedulerPoolChange
    ) throws(ToolstackError) {
        do {
            if scheduler == .credit {
                let current = try hypervisor.creditParameters(ofPool: pool.id)
                try hypervisor.setCreditParameters(change.credit(current), ofPool: pool.id)
            } else {
                let limit = try change.rateLimit(Int(try hypervisor.credit2RateLimit(ofPool: pool.id)))
                try hypervisor.setCredit2RateLimit(UInt32(clamping: limit), ofPool: pool.id)
            }
        } catch {
            throw ToolstackError(.fail, "cannot set \(scheduler.name) of \(pool.title)", underlying: error)
        }
    }
}
