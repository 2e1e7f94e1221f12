import XenControl
import XenStore
import XenTypes

/// What a domain has by its PCI backend, of which it has one for all devices: toolstacks write it, and the kernel.
struct PCIBackend: Sendable, Hashable {
    struct Slot: Sendable, Hashable {
        /// nil for what is no address.
        var address: PCIDeviceAddress?
        /// The function's nodes, by their names without the number.
        var values: [String: String]

        /// Where the guest has it: slot in the upper bits, function in the lower three; 0 where nobody has written that.
        var virtualDevfn: UInt32 { values["vdevfn-"].flatMap { UInt32($0, radix: 16) } ?? 0 }
    }

    let device: DeviceAddress
    var slots: [Slot] = []
    var state: XenbusState?

    static func address(of domain: DomainID) -> DeviceAddress { DeviceAddress(domain: domain, kind: .pci, id: 0) }

    /// The names of a function's nodes without its number, the address first.
    private static let keys = ["dev-", "key-", "vdev-", "opts-", "state-", "vdevfn-", "name-"]
    /// A bus has 32 slots of 8 functions.
    private static let mostSlots = 256

    /// - Returns: nil when the domain has no such backend.
    static func read(of domain: DomainID, in store: some StoreAccess) throws(StoreError) -> PCIBackend? {
        var backend = PCIBackend(device: address(of: domain))
        let path = backend.device.backend
        let found = try store.read([path / "num_devs", path / "state"])
        guard let text = found[0], let count = Int(text), (0...mostSlots).contains(count) else { return nil }
        backend.state = found[1].flatMap { XenbusState(text: $0) }
        for number in 0..<count {
            let values = try store.read(keys.map { path / "\($0)\(number)" })
            let named = zip(keys, values).compactMap { key, value in value.map { (key, $0) } }
            backend.slots.append(
                Slot(
                    address: values[0].flatMap { PCIDeviceAddress($0) },
                    values: Dictionary(uniqueKeysWithValues: named)))
        }
        return backend
    }

    func number(of address: PCIDeviceAddress) -> Int? { slots.firstIndex { $0.address == address } }

    /// Makes the nodes of both ends, for a domain that has none yet.
    ///
    /// - Parameter name: the domain's.
    static func creation(_ functions: [PassedFunction], of domain: DomainID, name: String) -> [StoreChange] {
        let device = address(of: domain)
        let guestOwned = StorePermissions.owned(by: domain, readableBy: .control)
        let backendOwned = StorePermissions.owned(by: .control, readableBy: domain)
        let backend = [
            DevicePlan.Entry("frontend", device.frontend.description), DevicePlan.Entry("frontend-id", "\(domain)"),
            DevicePlan.Entry("online", "1"), DevicePlan.Entry("state", XenbusState.initialising.text),
            DevicePlan.Entry("domain", name),
        ]
        let frontend = [
            DevicePlan.Entry("backend", device.backend.description), DevicePlan.Entry("backend-id", "0"),
            DevicePlan.Entry("state", XenbusState.initialising.text),
        ]
        let nodes =
            [StoreNode(device.backend, nil, backendOwned)]
            + (backend + entries(functions, from: 0)).map { StoreNode(device.backend / $0.key, $0.value) }
            + [StoreNode(device.frontend, nil, guestOwned)]
            + frontend.map { StoreNode(device.frontend / $0.key, $0.value) }
        return [.remove(device.backend), .remove(device.frontend)] + nodes.flatMap(\.changes)
    }

    /// Adds functions, and asks both ends to look at them.
    func addition(_ functions: [PassedFunction]) -> [StoreChange] {
        var entries = Self.entries(functions, from: slots.count)
        if !slots.isEmpty { entries.append(DevicePlan.Entry("state", XenbusState.reconfiguring.text)) }
        return entries.map { .write(device.backend / $0.key, $0.value) }
    }

    private static func entries(_ functions: [PassedFunction], from first: Int) -> [DevicePlan.Entry] {
        functions.enumerated().flatMap { $1.nodes(number: first + $0) }
            + [DevicePlan.Entry("num_devs", "\(first + functions.count)")]
    }

    /// Asks the guest to let go of functions.
    func closing(_ numbers: [Int]) -> [StoreChange] {
        numbers.map { .write(device.backend / "state-\($0)", XenbusState.closing.text) }
            + [.write(device.backend / "state", XenbusState.reconfiguring.text)]
    }

    /// Takes the request back from a guest that has not taken it.
    func reopening(_ numbers: [Int]) -> [StoreChange] {
        numbers.map { .write(device.backend / "state-\($0)", slots[$0].values["state-"] ?? "3") }
            + [.write(device.backend / "state", (state ?? .connected).text)]
    }

    /// Takes functions out; those after them move up. The last ones take all with them.
    func removal(_ numbers: [Int]) -> [StoreChange] {
        let left = slots.enumerated().filter { !numbers.contains($0.offset) }.map(\.element)
        guard !left.isEmpty else { return [.remove(device.frontend), .remove(device.backend), .remove(device.record)] }
        let (path, first) = (device.backend, numbers.min() ?? 0)
        let old = slots.indices.dropFirst(first).flatMap { number in
            slots[number].values.keys.sorted().map { StoreChange.remove(path / "\($0)\(number)") }
        }
        let new = left.enumerated().dropFirst(first).flatMap { number, slot in
            slot.values.sorted { $0.key < $1.key }.map { StoreChange.write(path / "\($0.key)\(number)", $0.value) }
        }
        return old + new + [.write(path / "num_devs", "\(left.count)")]
    }
}
