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
