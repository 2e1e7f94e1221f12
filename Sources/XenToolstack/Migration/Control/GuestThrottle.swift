import DomainModel
import XenControl
import XenTypes

/// Takes processor time from a guest for a while, so that it writes no faster than its memory can be sent: by its cap
/// under the credit schedulers.
public struct GuestThrottle: Sendable {
    private let toolstack: Toolstack
    private let domain: DomainID
    private let usesCredit2: Bool
    private let original: CreditParameters
    /// All of the guest's processor time, in percent of one processor.
    private let whole: Int

    /// The cap that it had; 0 for none.
    public var originalCap: UInt16 { original.cap }

    /// - Throws: `notSupported` when the domain's scheduler has no caps.
    public init(_ toolstack: Toolstack, _ domain: DomainID) throws(ToolstackError) {
        self.toolstack = toolstack
        self.domain = domain
        let failure = "cannot throttle domain \(domain)"
        let info = try toolstack.info(of: domain)
        let scheduler = try toolstack.cpuPools().first { $0.id == info.cpupool }?.scheduler
        do {
            switch scheduler {
            case .credit:
                original = try toolstack.hypervisor.creditParameters(of: domain)
                usesCredit2 = false
            case .credit2:
                original = try toolstack.hypervisor.credit2Parameters(of: domain)
                usesCredit2 = true
            default:
                throw ToolstackError(
                    .notSupported, failure, domain: domain, cause: "its scheduler knows no cap",
                    remedy: "use --if-busy=stop or abort")
            }
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.fail, failure, domain: domain, underlying: error)
        }
        let all = max(Int(info.onlineVCPUs), 1) * 100
        whole = original.cap == 0 ? all : min(Int(original.cap), all)
    }

    /// Leaves the guest so many tenths less than all of its time. Problems are logged.
    public func slow(by tenths: Int) {
        let left = whole * (10 - min(max(tenths, 0), 9)) / 10
        set(UInt16(clamping: max(left, 1)))
    }

    /// Gives it all back.
    public func restore() { set(original.cap) }

    /// Gives a domain the cap that it had before somebody who was killed took it away.
    public func restore(cap: UInt16) { set(cap) }

    private func set(_ cap: UInt16) {
        // It may have moved away, or ended.
        guard (try? toolstack.info(of: domain)) != nil else { return }
        toolstack.logFailure("set the cap of domain \(domain) to \(cap)") {
            let parameters = CreditParameters(weight: original.weight, cap: cap)
            if usesCredit2 {
                try toolstack.hypervisor.setCredit2Parameters(parameters, of: domain)
            } else {
                try toolstack.hypervisor.setCreditParameters(parameters, of: domain)
            }
        }
    }
}
