import XenStore
import XenTypes

extension StoreAccess {
    /// The number of the first domain with this name, whether or not the hypervisor still has it.
    ///
    /// Inside a transaction the answer holds until the commit: whoever takes or gives up a name meanwhile
    /// makes the transaction start again.
    func domains(named name: String) throws(StoreError) -> [DomainID] {
        try domains(with: name, in: "name")
    }

    /// The numbers of the domains whose `/vm` node is this one.
    func domains(using vm: StorePath) throws(StoreError) -> [DomainID] {
        guard try exists(vm) else { return [] }
        return try domains(with: vm.description, in: "vm")
    }

    private func domains(with value: String, in node: String) throws(StoreError) -> [DomainID] {
        let domains = try (list("/local/domain") ?? []).compactMap { UInt32($0) }.map { DomainID($0) }
        let values = try read(domains.map { DomainPaths($0).guest / node })
        return zip(domains, values).filter { $1 == value }.map(\.0)
    }
}
