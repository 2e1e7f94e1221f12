import XenControl
import XenStore
import XenTypes

extension StoreAccess {
    /// The number of the first domain with this name, whether or not the hypervisor still has it.
    ///
    /// Inside a transaction the answer holds until the commit: whoever takes or gives up a name meanwhile
    /// makes the transaction start again.
    func domains(named name: String) throws(StoreError) -> [DomainID] {
        var matches: [DomainID] = []
        for entry in try list("/local/domain") ?? [] {
            guard let number = UInt32(entry) else { continue }
            let domain = DomainID(number)
            if try read(DomainPaths(domain).guest / "name") == name { matches.append(domain) }
        }
        return matches
    }

    /// The numbers of the domains whose `/vm` node is this one.
    func domains(using vm: StorePath) throws(StoreError) -> [DomainID] {
        guard try exists(vm) else { return [] }
        var matches: [DomainID] = []
        for entry in try list("/local/domain") ?? [] {
            guard let number = UInt32(entry) else { continue }
            let domain = DomainID(number)
            if try read(DomainPaths(domain).guest / "vm") == vm.description { matches.append(domain) }
        }
        return matches
    }
}

extension Toolstack {
    /// Finds the domain that a user means.
    ///
    /// - Parameter text: a number, a name or a UUID. Digits alone are always a number, as with upstream.
    /// - Throws: `domainNotFound`, also for a number that no domain has and for an empty text.
    public func findDomain(_ text: String) throws(ToolstackError) -> DomainID {
        let unknown = ToolstackError(
            // Clients look for these words.
            .domainNotFound, "\(text) is an invalid domain identifier",
            cause: "no domain has this name, number or UUID", remedy: "xl list shows those that are")
        guard !text.isEmpty else {
            throw ToolstackError(
                .invalid, "cannot find a domain", cause: "its name is empty", remedy: "give a name, number or UUID")
        }
        do {
            if text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
                guard let number = UInt32(text), DomainID(number).isReal,
                    try hypervisor.info(of: DomainID(number)) != nil
                else { throw unknown }
                return DomainID(number)
            }
            for domain in try store.domains(named: text) where try hypervisor.info(of: domain) != nil {
                return domain
            }
            if let uuid = XenUUID(text), let found = try hypervisor.domains().first(where: { $0.uuid == uuid }) {
                return found.domain
            }
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.fail, "cannot look up domain \"\(text)\"", underlying: error)
        }
        throw unknown
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
            throw ToolstackError(
                .domainNotFound, "cannot find domain \(domain)", domain: domain,
                cause: "there is none with this number",
                remedy: "xl list shows those that are")
        }
        return info
    }
}
