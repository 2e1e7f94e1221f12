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
    /// - Throws: `ToolstackError` with code `invalid` for values the scheduler does not have.
    func apply(to domain: DomainID, hypervisor: Hypervisor) throws(ToolstackError) {
        guard !isEmpty else { return }
        do {
            guard let info = try hypervisor.info(of: domain) else {
                throw ToolstackError(.domainNotFound, "the domain is gone", domain: domain)
            }
            let pool = try hypervisor.cpuPool(info.cpupool)?.scheduler ?? 0
            let vcpus = Int(info.maximumVCPUID ?? 0) + 1
            switch XenControl.Scheduler(rawValue: pool) {
            case .credit:
                let current = try hypervisor.creditParameters(of: domain)
                try hypervisor.setCreditParameters(credit(current, vcpus: vcpus), of: domain)
            case .credit2:
                let current = try hypervisor.credit2Parameters(of: domain)
                try hypervisor.setCredit2Parameters(credit(current, vcpus: vcpus), of: domain)
            case .rtds:
                try hypervisor.setRTDSParameters(rtds(hypervisor.rtdsParameters(of: domain)), of: domain)
            case .arinc653, .null: return
            case nil:
                throw ToolstackError(.invalid, "scheduler \(pool) has no settings for domains", domain: domain)
            }
        } catch {
            throw ToolstackError(.fail, "cannot set the scheduling of the domain", domain: domain, underlying: error)
        }
    }

    /// - Parameters:
    ///   - current: what holds where nothing is given.
    ///   - vcpus: vCPUs of the domain, which bound its cap.
    func credit(_ current: CreditParameters, vcpus: Int) throws(ToolstackError) -> CreditParameters {
        var result = current
        if let weight = parameters.weight {
            guard let value = UInt16(exactly: weight), value > 0 else {
                throw Self.invalid("cpu_weight is \(weight)", "1 to 65535")
            }
            result.weight = value
        }
        if let cap = parameters.cap {
            guard let value = UInt16(exactly: cap), Int(value) <= vcpus * 100 else {
                throw Self.invalid("cap is \(cap)", "0 to \(vcpus * 100), the domain's vCPUs in percent")
            }
            result.cap = value
        }
        return result
    }

    func rtds(_ current: RTDSParameters) throws(ToolstackError) -> RTDSParameters {
        var result = current
        if let period = parameters.period {
            guard period > 0 else { throw Self.invalid("period is \(period)", "1 µs and more") }
            result.period = UInt32(period)
        }
        if let budget = parameters.budget {
            guard budget > 0 else { throw Self.invalid("budget is \(budget)", "1 µs and more") }
            result.budget = UInt32(budget)
        }
        if let extratime = parameters.extratime { result.extraTime = extratime != 0 }
        guard result.budget <= result.period else {
            throw Self.invalid("budget is \(result.budget)", "no more than the period, \(result.period) µs")
        }
        return result
    }

    private static func invalid(_ what: String, _ expected: String) -> ToolstackError {
        ToolstackError(.invalid, what, remedy: "it can be \(expected)")
    }
}
