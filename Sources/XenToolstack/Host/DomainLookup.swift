import XenControl
import XenStore
import XenTypes

/// What a user can mean by a word that stands for a domain.
enum DomainReference: Hashable, Sendable {
    case number(DomainID)
    /// A name, and the UUID that the text can also be read as.
    case name(String, XenUUID?)

    /// Digits alone are always a number, as with upstream: a name of digits cannot be meant.
    init(_ text: String) throws(ToolstackError) {
        guard !text.isEmpty else {
            throw ToolstackError(
                .invalid, "\"\" is an invalid domain identifier", remedy: "give a name, a number or a UUID")
        }
        guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            self = .name(text, XenUUID(text))
            return
        }
        guard let number = UInt32(text), DomainID(number).isReal else {
            throw ToolstackError(
                .invalid, "\(text) is an invalid domain identifier",
                cause: "domain numbers are below \(DomainID.firstReserved)")
        }
        self = .number(DomainID(number))
    }
}

extension Toolstack {
    /// Finds the domain that a user means.
    ///
    /// - Parameter text: a number, a name or a UUID; a name goes before a UUID that reads the same.
    /// - Throws: `domainNotFound`, also for a number that no domain has; `invalid` for an empty text.
    public func findDomain(_ text: String) throws(ToolstackError) -> DomainID {
        let reference = try DomainReference(text)
        do {
            switch reference {
            case .number(let domain):
                if try hypervisor.info(of: domain) != nil { return domain }
            case .name(let name, let uuid):
                let domains = try hypervisor.domains()
                let names = try names(of: domains.map(\.domain))
                if let found = names.firstIndex(of: name) { return domains[found].domain }
                if let uuid, let found = try bearer(of: uuid, among: domains) { return found }
            }
        } catch {
            throw ToolstackError(.fail, "cannot look up domain \"\(text)\"", underlying: error)
        }
        throw ToolstackError(
            .domainNotFound, "\(text) is an invalid domain identifier",
            cause: "no domain has this \(reference.kind)", remedy: "xl list shows the domains that there are")
    }

    /// - Returns: nil when none has it, or only such as are no more what it stands for.
    private func bearer(of uuid: XenUUID, among domains: [DomainInfo]) throws(StoreError) -> DomainID? {
        let alike = domains.filter { $0.uuid == uuid }
        guard !alike.isEmpty else { return nil }
        let values = try store.read(
            alike.flatMap { [DomainPaths($0.domain).guest / "vm", DomainPaths($0.domain).guest / "name"] })
        return UUIDBearer.choice(
            of: uuid,
            among: alike.enumerated().map { index, info in
                UUIDBearer(
                    domain: info.domain, isDying: info.flags.contains(.dying), vm: values[2 * index],
                    name: values[2 * index + 1])
            })
    }

    /// What the hypervisor knows of a domain.
    ///
    /// - Throws: `domainNotFound` when there is none.
    public func info(of domain: DomainID) throws(ToolstackError) -> DomainInfo {
        let info: DomainInfo?
        do { info = try hypervisor.info(of: domain) } catch {
            throw ToolstackError(.fail, "cannot look up domain \(domain)", domain: domain, underlying: error)
        }
        guard let info else {
            throw ToolstackError(.domainNotFound, "there is no domain \(domain)", domain: domain)
        }
        return info
    }

    /// A domain's name; nil for one that has none, or that does not exist.
    public func name(of domain: DomainID) throws(StoreError) -> String? {
        try store.read(DomainPaths(domain).guest / "name")
    }

    /// The domains' names, in their order, as `name(of:)` gives each.
    func names(of domains: [DomainID]) throws(StoreError) -> [String?] {
        try store.read(domains.map { DomainPaths($0).guest / "name" })
    }
}

/// A domain to which the hypervisor gives a UUID that several may have: one that runs, one that ended and was preserved
/// when that was started again, one of which the hypervisor cannot let go.
struct UUIDBearer: Hashable, Sendable {
    var domain: DomainID
    var isDying: Bool
    /// Its `vm` node; nil before it is written.
    var vm: String?
    var name: String?

    /// The one that a UUID means. While a guest moves to the host on which it is, that is not yet the arriving copy.
    static func choice(of uuid: XenUUID, among bearers: [UUIDBearer]) -> DomainID? {
        let own = DomainPaths.vm(uuid).description
        let alive = bearers.filter { !$0.isDying && ($0.vm ?? own) == own }
        let settled = alive.first { $0.name?.hasSuffix(Toolstack.MigrationSuffix.arriving) == false }
        return (settled ?? alive.first)?.domain
    }
}

extension DomainReference {
    fileprivate var kind: String {
        switch self {
        case .number: "number"
        case .name(_, nil): "name"
        case .name: "name or UUID"
        }
    }
}
