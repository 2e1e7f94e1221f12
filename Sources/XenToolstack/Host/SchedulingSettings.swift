import DomainModel
import XenControl
import XenTypes

/// The scheduler's settings of a domain, as far as a configuration or a command gives them.
struct SchedulingSettings: Sendable {
    let parameters: SchedulerParameters

    init(_ parameters: SchedulerParameters) { self.parameters = parameters }

    /// The settings as they should be for one domain under one scheduler.
    enum Resolved: Hashable, Sendable {
        case credit(CreditParameters)
        case credit2(CreditParameters)
        case rtds(RTDSParameters)
    }

    private var isEmpty: Bool {
        let values = [
            parameters.weight, parameters.cap, parameters.period, parameters.budget, parameters.extratime,
        ]
        return values.allSatisfy { $0 == nil }
    }

    /// Sets what is given and leaves the rest as the scheduler chose it.
    ///
    /// - Returns: the domain's scheduler, and which of the settings mean nothing to it.
    /// - Throws: `ToolstackError` with code `invalid` for values the scheduler does not have, and for another scheduler
    ///   than the one that the settings name.
    @discardableResult
    func apply(
        to domain: DomainID, hypervisor: Hypervisor
    ) throws(ToolstackError) -> (scheduler: XenControl.Scheduler?, lost: [String]) {
        guard !isEmpty else { return (nil, []) }
        do {
            guard let info = try hypervisor.info(of: domain) else {
                throw ToolstackError(.domainNotFound, "the domain is gone", domain: domain)
            }
            let pool = try hypervisor.cpuPool(info.cpupool)?.scheduler ?? 0
            guard parameters.sched == .unknown || parameters.sched.number == pool else {
                throw Self.otherScheduler(of: domain, is: pool, not: parameters.sched)
            }
            let vcpus = Int(info.maximumVCPUID ?? 0) + 1
            let scheduler = XenControl.Scheduler(rawValue: pool)
            switch scheduler {
            case .credit:
                let current = try hypervisor.creditParameters(of: domain)
                try hypervisor.setCreditParameters(credit(current, vcpus: vcpus), of: domain)
            case .credit2:
                let current = try hypervisor.credit2Parameters(of: domain)
                try hypervisor.setCredit2Parameters(credit(current, vcpus: vcpus), of: domain)
            case .rtds:
                try Self.apply((0..<UInt32(vcpus)).map { ($0, self) }, to: info, hypervisor: hypervisor)
            case .arinc653, .null: break
            case nil:
                throw ToolstackError(.invalid, "scheduler \(pool) has no settings for domains", domain: domain)
            }
            return (scheduler, lost(under: scheduler))
        } catch {
            throw ToolstackError(.fail, "cannot set the scheduling of the domain", domain: domain, underlying: error)
        }
    }

    /// Which of the settings a scheduler has nothing for, by the names of their keys.
    private func lost(under scheduler: XenControl.Scheduler?) -> [String] {
        let shares = [("cpu_weight", parameters.weight), ("cap", parameters.cap)]
        let times = [("period", parameters.period), ("budget", parameters.budget), ("extratime", parameters.extratime)]
        let rows =
            switch scheduler {
            case .credit, .credit2: times
            case .rtds: shares
            case .arinc653, .null, nil: shares + times
            }
        return rows.filter { $0.1 != nil }.map(\.0)
    }

    /// Sets the real-time parameters of vCPUs: all are checked before the first one is set.
    static func apply(
        _ settings: [(vcpu: UInt32, settings: SchedulingSettings)], to info: DomainInfo, hypervisor: Hypervisor
    ) throws(ToolstackError) {
        let vcpus = try known(settings.map(\.vcpu), of: info)
        do {
            let current = try hypervisor.rtdsParameters(ofVCPUs: vcpus, of: info.domain)
            let wanted = try zip(settings, current).map { (vcpu: $0.vcpu, value: try $0.settings.rtds($1)) }
            try hypervisor.setRTDSParameters(wanted, of: info.domain)
        } catch {
            throw ToolstackError(
                .fail, "cannot set the shares of vCPUs of domain \(info.domain)", domain: info.domain,
                underlying: error)
        }
    }

    /// Makes sure that a domain has these vCPUs.
    static func known(_ vcpus: [UInt32], of info: DomainInfo) throws(ToolstackError) -> [UInt32] {
        for vcpu in vcpus where vcpu > info.maximumVCPUID ?? 0 {
            throw ToolstackError(
                .invalid, "domain \(info.domain) has no vCPU \(vcpu)", domain: info.domain,
                remedy: "its last one is \(info.maximumVCPUID ?? 0)")
        }
        return vcpus
    }

    static func otherScheduler(
        of domain: DomainID, is number: UInt32, not wanted: DomainModel.Scheduler
    ) -> ToolstackError {
        let name = Int32(exactly: number).flatMap { DomainModel.Scheduler(rawValue: $0)?.name } ?? "number \(number)"
        return ToolstackError(
            .invalid, "the scheduler of domain \(domain) is \(name), not \(wanted.name)", domain: domain,
            remedy: "xl sched-\(name) is for this domain")
    }

    /// - Parameters:
    ///   - current: what holds where nothing is given.
    ///   - vcpus: vCPUs of the domain, which bound its cap.
    func credit(_ current: CreditParameters, vcpus: Int) throws(ToolstackError) -> CreditParameters {
        var result = current
        if let weight = parameters.weight {
            guard let value = UInt16(exactly: weight), value > 0 else {
                throw Self.invalid("the weight is \(weight)", "1 to 65535")
            }
            result.weight = value
        }
        if let cap = parameters.cap {
            guard let value = UInt16(exactly: cap), Int(value) <= vcpus * 100 else {
                throw Self.invalid("the cap is \(cap)", "0 to \(vcpus * 100), the domain's vCPUs in percent")
            }
            result.cap = value
        }
        return result
    }

    func rtds(_ current: RTDSParameters) throws(ToolstackError) -> RTDSParameters {
        var result = current
        if let period = parameters.period {
            guard period >= Self.shortest else {
                throw Self.invalid("the period is \(period)", "\(Self.shortest) µs and more")
            }
            result.period = UInt32(period)
        }
        if let budget = parameters.budget {
            guard budget >= Self.shortest else {
                throw Self.invalid("the budget is \(budget)", "\(Self.shortest) µs and more")
            }
            result.budget = UInt32(budget)
        }
        if let extratime = parameters.extratime { result.extraTime = extratime != 0 }
        guard result.budget <= result.period else {
            throw Self.invalid("the budget is \(result.budget)", "no more than the period, \(result.period) µs")
        }
        return result
    }

    /// The hypervisor takes no shorter period or budget, in microseconds (`RTDS_MIN_PERIOD`, `RTDS_MIN_BUDGET` in
    /// `xen/common/sched/rt.c`).
    private static let shortest: Int32 = 10

    private static func invalid(_ what: String, _ expected: String) -> ToolstackError {
        ToolstackError(.invalid, what, remedy: "it can be \(expected)")
    }
}

extension DomainModel.Scheduler {
    /// The hypervisor's number for it.
    var number: UInt32 { UInt32(bitPattern: rawValue) }
}
