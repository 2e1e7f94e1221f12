import XenTypes

/// Which guest goes to which host: computed from what the hosts have answered.
public struct EvacuationPlan: Sendable, Hashable {
    /// A guest that has to move.
    public struct Guest: Sendable, Hashable {
        /// The domain.
        public var domain: DomainID
        /// Its name.
        public var name: String
        /// KiB that must be free for it.
        public var needKB: UInt64
        /// Why it cannot go to any host; nil when that is the hosts' matter.
        public var refusal: String?

        public init(domain: DomainID, name: String, needKB: UInt64, refusal: String? = nil) {
            self.domain = domain
            self.name = name
            self.needKB = needKB
            self.refusal = refusal
        }
    }

    /// Where a guest goes.
    public struct Placement: Sendable, Hashable {
        /// The guest.
        public var guest: Guest
        /// Nil when no host can take it.
        public var host: String?
        /// Why it cannot go, or why the hosts cannot take it, each with its name; empty unless `host` is nil.
        public var reasons: [String] = []
    }

    /// The largest guest first: it has the fewest places to go to.
    public var placements: [Placement]

    /// - Parameters:
    ///   - guests: all that are to go.
    ///   - hosts: in the order of preference among equals.
    ///   - findings: what each host says of each guest, by the guest's number.
    public init(_ guests: [Guest], hosts: [String], findings: [DomainID: [String: MigrationFindings]]) {
        var free: [String: UInt64] = [:]
        for answers in findings.values {
            for (host, answer) in answers { free[host] = answer.freeKiB ?? free[host] }
        }
        placements = []
        for guest in guests.sorted(by: { ($1.needKB, $0.name) < ($0.needKB, $1.name) }) {
            var placement = Placement(guest: guest)
            if let refusal = guest.refusal {
                placement.reasons = [refusal]
                placements.append(placement)
                continue
            }
            var best: (host: String, free: UInt64)?
            for host in hosts {
                let answer = findings[guest.domain]?[host] ?? MigrationFindings()
                guard answer.problems.isEmpty else {
                    let texts = answer.problems.map { "\($0.subject): \($0.text)" }.joined(separator: "; ")
                    placement.reasons.append("\(host): \(texts)")
                    continue
                }
                // One that does not say how much it has comes after all that do.
                if let left = free[host], left < guest.needKB {
                    placement.reasons.append("\(host): memory: other guests of this host fill it")
                    continue
                }
                let left = free[host] ?? 0
                if best.map({ left > $0.free }) ?? true { best = (host, left) }
            }
            if let best {
                placement.host = best.host
                placement.reasons = []
                if let left = free[best.host] { free[best.host] = left - guest.needKB }
            }
            placements.append(placement)
        }
    }
}
