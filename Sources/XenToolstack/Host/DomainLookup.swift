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
                if let uuid, let found = domains.first(where: { $0.uuid == uuid }) { return found.domain }
            }
        } catch {
            throw ToolstackError(.fail, "cannot look up domain \"\(text)\"", underlying: error)
        }
        throw ToolstackError(
            .domainNotFound, "\(text) is an invalid domain identifier",
            cause: "no domain has this \(reference.kind)", remedy: "xl list shows the domains that there are")
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

extension DomainReference {
    fileprivate var kind: String {
        switch self {
        case .number: "number"
        case .name(_, nil): "name"
        case .name: "name or UUID"
        }
    }
}
