import XenControl
import XenStore
import XenTypes

/// What toolstacks keep about the PCI devices of the host: which driver had one, its name, and who has it now
/// (`/libxl/pci/SSSS-BB-DD-F`).
struct PCIRecord: Sendable, Hashable {
    enum Key: String, Sendable, CaseIterable {
        /// The directory of the driver that is to get it back.
        case driver = "driver_path"
        case name
        /// The number of the domain that has it.
        case domain = "domid"
    }

    private var values: [Key: String] = [:]

    subscript(key: Key) -> String? {
        get { values[key] }
        set { values[key] = newValue }
    }

    var domain: DomainID? { self[.domain].flatMap { UInt32($0) }.map { DomainID($0) } }

    static let root: StorePath = "/libxl/pci"

    static func path(of address: PCIDeviceAddress) -> StorePath { root / address.text("-", "-") }

    /// The address that a node of the records is called by; in hexadecimal digits.
    static func address(named name: String) -> PCIDeviceAddress? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        return PCIDeviceAddress(parts[..<3].joined(separator: ":") + "." + parts[3])
    }
}

extension Toolstack {
    func pciRecord(of address: PCIDeviceAddress) throws(ToolstackError) -> PCIRecord {
        try pciStore("read what is known of PCI device \(address)") { store throws(StoreError) in
            var record = PCIRecord()
            let values = try store.read(PCIRecord.Key.allCases.map { PCIRecord.path(of: address) / $0.rawValue })
            for (key, value) in zip(PCIRecord.Key.allCases, values) { record[key] = value }
            return record
        }
    }

    /// - Parameter value: nil removes the node, and those above it that are empty then.
    func setPCIRecord(
        _ key: PCIRecord.Key, of address: PCIDeviceAddress, to value: String?
    ) throws(ToolstackError) {
        let path = PCIRecord.path(of: address) / key.rawValue
        try pciStore("note what is known of PCI device \(address)") { store throws(StoreError) in
            if let value { return try store.write(path, value) }
            try store.transaction { transaction throws(StoreError) in
                try transaction.remove(path)
                for parent in [PCIRecord.path(of: address), PCIRecord.root] {
                    guard try transaction.list(parent)?.isEmpty == true else { break }
                    try transaction.remove(parent)
                }
            }
        }
    }

    /// The device that a user has given a name.
    package func pciDevice(named name: String) throws(ToolstackError) -> PCIDeviceAddress? {
        try pciStore("look up the PCI device \"\(name)\"") { store throws(StoreError) in
            let nodes = try store.list(PCIRecord.root) ?? []
            let names = try store.read(nodes.map { PCIRecord.root / $0 / PCIRecord.Key.name.rawValue })
            return zip(nodes, names).lazy.filter { $1 == name }.compactMap { PCIRecord.address(named: $0.0) }.first
        }
    }

    /// The devices that domains have by what their backends export, with the domain.
    func exportedPCIDevices() throws(ToolstackError) -> [PCIDeviceAddress: DomainID] {
        try pciStore("find out which domains have PCI devices") { store throws(StoreError) in
            let root = DomainPaths(.control).guest / "backend" / DeviceKind.pci.rawValue
            var found: [PCIDeviceAddress: DomainID] = [:]
            for (guest, number) in (try store.list(root) ?? []).compactMap({ name in UInt32(name).map { (name, $0) } })
            {
                let folder = root / guest / "0"
                let nodes = (try store.list(folder) ?? []).filter { $0.hasPrefix("dev-") }
                for text in try store.read(nodes.map { folder / $0 }) {
                    if let address = text.flatMap({ PCIDeviceAddress($0) }) { found[address] = DomainID(number) }
                }
            }
            return found
        }
    }

    /// The domain that has a device, if it is still there.
    func owner(of address: PCIDeviceAddress) throws(ToolstackError) -> DomainID? {
        let claims = [try exportedPCIDevices()[address], try pciRecord(of: address).domain].compactMap(\.self)
        for domain in claims {
            do {
                if try hypervisor.info(of: domain) != nil { return domain }
            } catch {
                throw ToolstackError(.fail, "cannot find out who has PCI device \(address)", underlying: error)
            }
        }
        return nil
    }

    private func pciStore<Value>(
        _ what: String, _ body: (StoreConnection) throws(StoreError) -> Value
    ) throws(ToolstackError) -> Value {
        do { return try body(store) } catch { throw ToolstackError(.fail, "cannot \(what)", underlying: error) }
    }
}
