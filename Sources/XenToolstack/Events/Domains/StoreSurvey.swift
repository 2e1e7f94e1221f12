import XenStore
import XenTypes

/// Reads of many domains at once what xenstore has of their devices and addresses: a few series of requests, however many
/// domains they are of.
struct StoreSurvey {
    let store: StoreConnection

    init(_ store: StoreConnection) { self.store = store }

    /// Most network cards, and most addresses of each kind of a card, that count: a guest can write as many as it likes.
    private static let limit = 16

    /// The domains' devices without consoles, in the order of the domains.
    func devices(of domains: [DomainID]) throws(StoreError) -> [[DeviceView]] {
        let roots = domains.map { DomainPaths($0).libxl / "device" }
        var kinds: [(index: Int, kind: DeviceKind)] = []
        for (index, names) in try store.list(roots).enumerated() {
            kinds += (names ?? []).compactMap { DeviceKind(rawValue: $0) }.filter { !$0.isConsole }.map { (index, $0) }
        }
        var records: [(index: Int, kind: DeviceKind, id: UInt32)] = []
        for (item, names) in zip(kinds, try store.list(kinds.map { roots[$0.index] / $0.kind.rawValue })) {
            records += (names ?? []).compactMap { UInt32($0) }.map { (item.index, item.kind, $0) }
        }
        let backends = try store.read(records.map { roots[$0.index] / $0.kind.rawValue / $0.id / "backend" })
        var found: [(index: Int, device: DeviceAddress)] = []
        for (record, backend) in zip(records, backends) {
            guard let backend,
                let device = DeviceAddress(
                    domain: domains[record.index], kind: record.kind, id: record.id, backendPath: backend)
            else { continue }
            found.append((record.index, device))
        }
        var result = [[DeviceView]](repeating: [], count: domains.count)
        for (item, state) in zip(found, try store.read(found.map { $0.device.backend / "state" })) {
            result[item.index].append(
                DeviceView(address: item.device, state: state.flatMap { XenbusState(text: $0) }))
        }
        return result.map { list in
            list.sorted { ($0.address.kind.rawValue, $0.address.id) < ($1.address.kind.rawValue, $1.address.id) }
        }
    }

    /// What agents in the domains have published, in the order of the domains.
    ///
    /// Agents of today write `attr/vif/CARD/ipv4/N` and `attr/vif/CARD/ipv6/N`, older ones `attr/ethN/ip` and
    /// `attr/ethN/ipv6/M/addr`.
    func addresses(of domains: [DomainID]) throws(StoreError) -> [[GuestAddress]] {
        let roots = domains.map { DomainPaths($0).guest / "attr" }
        let (cards, interfaces) = (try store.list(roots.map { $0 / "vif" }), try store.list(roots))
        var directories: [(index: Int, card: UInt32, path: StorePath, leaf: String)] = []
        var nodes: [(index: Int, card: UInt32, path: StorePath)] = []
        for (index, root) in roots.enumerated() {
            for card in Self.numbers(cards[index] ?? []) {
                for kind in ["ipv4", "ipv6"] { directories.append((index, card, root / "vif" / card / kind, "")) }
            }
            let older = (interfaces[index] ?? []).filter { $0.hasPrefix("eth") }.map { String($0.dropFirst(3)) }
            for card in Self.numbers(older) {
                nodes.append((index, card, root / "eth\(card)" / "ip"))
                directories.append((index, card, root / "eth\(card)" / "ipv6", "addr"))
            }
        }
        for (item, names) in zip(directories, try store.list(directories.map(\.path))) {
            for number in Self.numbers(names ?? []) {
                let path = item.path / number
                nodes.append((item.index, item.card, item.leaf.isEmpty ? path : path / item.leaf))
            }
        }
        var result = [[GuestAddress]](repeating: [], count: domains.count)
        for (node, value) in zip(nodes, try store.read(nodes.map(\.path))) {
            guard let value, let address = GuestAddress(card: node.card, value),
                !result[node.index].contains(address)
            else { continue }
            result[node.index].append(address)
        }
        return result.map { $0.sorted { $0.card < $1.card } }
    }

    private static func numbers(_ names: [String]) -> [UInt32] {
        Array(
            names.compactMap { name in UInt32(name).flatMap { String($0) == name ? $0 : nil } }.sorted().prefix(limit))
    }
}
