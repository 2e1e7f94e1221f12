import CXen
import SystemPackage

extension SimulatedStore {
    /// What a xenstored since Xen 4.21 limits, for all domains and for each.
    struct Limits: Sendable {
        /// What it can offer, a bit each.
        static let features: UInt32 = 0b111

        var isKnown = false
        var features: [UInt32: UInt32] = [:]
        var quotas: [String: UInt32] = ["nodes": 1000, "watches": 128]
        var quotasOfDomains: [UInt32: [String: UInt32]] = [:]
    }

    private static let (getFeature, setFeature) = (xsd_sockmsg_type(23), xsd_sockmsg_type(24))
    private static let (getQuota, setQuota) = (xsd_sockmsg_type(25), xsd_sockmsg_type(26))

    /// Answers as `docs/misc/xenstore.txt` says.
    static func limit(
        _ type: xsd_sockmsg_type, _ words: [String], _ access: inout Access
    ) throws(Errno) -> String {
        guard access.limits.isKnown else { throw .noFunction }
        switch type {
        case getFeature:
            let domain = words.first.flatMap { UInt32($0) }
            return "\(domain.map { access.limits.features[$0] ?? Limits.features } ?? Limits.features)"
        case setFeature:
            guard words.count == 2, let domain = UInt32(words[0]), let value = UInt32(words[1]) else {
                throw .invalidArgument
            }
            guard value & ~Limits.features == 0 else { throw .invalidArgument }
            guard !access.introduced.contains(domain) else { throw .resourceBusy }
            access.limits.features[domain] = value
            return "OK"
        case getQuota:
            guard let name = words.last else { return access.limits.quotas.keys.sorted().joined(separator: " ") }
            guard let global = access.limits.quotas[name] else { throw .noSuchFileOrDirectory }
            let domain = words.count == 2 ? UInt32(words[0]) : nil
            return "\(domain.flatMap { access.limits.quotasOfDomains[$0]?[name] } ?? global)"
        case setQuota:
            guard words.count >= 2, let value = UInt32(words[words.count - 1]) else { throw .invalidArgument }
            let name = words[words.count - 2]
            guard access.limits.quotas[name] != nil else { throw .noSuchFileOrDirectory }
            guard words.count == 3 else {
                access.limits.quotas[name] = value
                return "OK"
            }
            guard let domain = UInt32(words[0]), access.introduced.contains(domain) else {
                throw .noSuchFileOrDirectory
            }
            access.limits.quotasOfDomains[domain, default: [:]][name] = value
            return "OK"
        default: throw .noFunction
        }
    }
}
