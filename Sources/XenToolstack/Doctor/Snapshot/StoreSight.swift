import XenStore
import XenTypes

/// The parts of xenstore that toolstacks write, as they are at one moment.
///
/// Of guests' own nodes nothing is in it but what says that they are there.
struct StoreSight: Sendable {
    /// `/local/domain/DOMID`
    struct Home: Sendable, Hashable {
        var name: String?
        /// `/vm/UUID`
        var machine: String?
        /// Seconds since 1970; of a domain that has one.
        var startTime: Int?
        var deviceModelProcess: Int32?
        var target: DomainID?
        var hasTerminal = false
        var wantsTerminal = false
    }

    /// A device of the toolstack's records, `/libxl/DOMID/device/KIND/ID`.
    struct Record: Sendable, Hashable {
        var kind: DeviceKind
        var id: UInt32
        var backend: String
    }

    /// What holds a guest's packets back, `/libxl/DOMID/remus/netbuf/CARD`.
    struct Buffer: Sendable, Hashable {
        var domain: DomainID
        var card: String
        var interface: String
    }

    struct Backend: Sendable, Hashable {
        var owner: DomainID
        var kind: DeviceKind
        var domain: DomainID
        var id: UInt32
        var state: String?
        var online: String?
        var hotplugStatus: String?
        var hotplugError: String?
        /// "major:minor" in hexadecimal digits.
        var physicalDevice: String?
        /// The image, or what the script makes a device from.
        var parameters: String?
        var interface: String?

        /// As records name it.
        var path: String { "/local/domain/\(owner)/backend/\(kind.rawValue)/\(domain)/\(id)" }

        /// The loop device that it is.
        var loop: UInt32? {
            let parts = physicalDevice?.split(separator: ":") ?? []
            guard parts.count == 2, parts[0] == "7" else { return nil }
            return UInt32(parts[1], radix: 16)
        }
    }

    var homes: [DomainID: Home] = [:]
    struct StrayHome: Sendable, Hashable {
        var name: String
        /// Whether nothing is below it but a network card, as hotplug scripts write it.
        var isOfScript = true
    }

    /// Entries of `/local/domain` that are no numbers of domains.
    var strayHomes: [StrayHome] = []
    /// The domains in `/libxl`.
    var records: [DomainID: [Record]] = [:]
    var machines: [String] = []
    var buffers: [Buffer] = []
    var backends: [Backend] = []
    /// The pools with a name, or without one.
    var pools: [UInt32: String?] = [:]
    /// Whether there was more than is ever looked at.
    var isCutShort = false
}

/// Reads a `StoreSight`: a series of requests for each level of the tree.
struct StoreReader {
    let store: StoreConnection
    private var sight = StoreSight()

    /// Most entries of one kind that are looked at: a guest with a backend of its own can make as many as it likes.
    static let limit = 1 << 14

    init(_ store: StoreConnection) { self.store = store }

    mutating func read() throws(StoreError) -> StoreSight {
        let roots = try store.list(["/local/domain", "/libxl", "/vm", "/local/pool"]).map { $0 ?? [] }
        let domains = bounded(roots[0].compactMap(Self.domain))
        try readStrayHomes(bounded(roots[0].filter { Self.domain($0) == nil }))
        sight.machines = bounded(roots[2])
        try readHomes(domains)
        try readRecords(bounded(roots[1].compactMap(Self.domain)))
        try readPools(roots[3].compactMap { UInt32($0) })
        try readBackends(of: domains)
        return sight
    }

    /// The number that a node's name is, as toolstacks write it.
    private static func domain(_ name: String) -> DomainID? { number(name).map { DomainID($0) } }

    private static func number(_ name: String) -> UInt32? { UInt32(name).flatMap { "\($0)" == name ? $0 : nil } }

    private mutating func bounded<Entry>(_ entries: [Entry]) -> [Entry] {
        if entries.count > Self.limit { sight.isCutShort = true }
        return Array(entries.prefix(Self.limit))
    }

    private mutating func readStrayHomes(_ names: [String]) throws(StoreError) {
        let names = names.filter { StorePath($0).problem == nil && $0.utf8.count <= Self.longestName }
        let paths = names.map { StorePath("/local/domain") / $0 }
        let found = try store.list(paths + paths.map { $0 / "device" })
        for (index, name) in names.enumerated() {
            sight.strayHomes.append(
                StoreSight.StrayHome(
                    name: name, isOfScript: found[index] == ["device"] && found[names.count + index] == ["vif"]))
        }
    }

    private mutating func readHomes(_ domains: [DomainID]) throws(StoreError) {
        let keys = ["name", "vm", "image/device-model-pid", "target", "console/type", "console/tty"]
        let values = try store.read(domains.flatMap { domain in keys.map { DomainPaths(domain).guest / $0 } })
        for (index, domain) in domains.enumerated() {
            let found = values[(index * keys.count)..<((index + 1) * keys.count)].map { $0 }
            sight.homes[domain] = StoreSight.Home(
                name: found[0], machine: found[1], deviceModelProcess: found[2].flatMap { Int32($0) },
                target: found[3].flatMap { UInt32($0) }.map { DomainID($0) },
                hasTerminal: found[5]?.isEmpty == false, wantsTerminal: found[4] == "xenconsoled")
        }
        let machines = domains.compactMap { domain -> (DomainID, StorePath)? in
            guard let path = sight.homes[domain]?.machine.map({ StorePath($0) / "start_time" }), path.problem == nil
            else { return nil }
            return (domain, path)
        }
        for ((domain, _), time) in zip(machines, try store.read(machines.map(\.1))) {
            sight.homes[domain]?.startTime = time?.split(separator: ".").first.flatMap { Int($0) }
        }
    }

    private mutating func readRecords(_ domains: [DomainID]) throws(StoreError) {
        for domain in domains { sight.records[domain] = [] }
        let kinds = try children(domains.map { (domain: $0, path: DomainPaths($0).libxl / "device") })
            .compactMap { parent, name in
                DeviceKind(rawValue: name).map { (domain: parent, kind: $0) }
            }
        let devices = try children(
            kinds.map { (domain: $0, path: DomainPaths($0.domain).libxl / "device" / $0.kind.rawValue) }
        ).compactMap { parent, name in
            Self.number(name).map { (domain: parent.domain, kind: parent.kind, id: $0) }
        }
        let backends = try store.read(
            devices.map { DomainPaths($0.domain).libxl / "device" / $0.kind.rawValue / $0.id / "backend" })
        for (device, backend) in zip(devices, backends) {
            sight.records[device.domain]?.append(
                StoreSight.Record(kind: device.kind, id: device.id, backend: backend ?? ""))
        }
        let cards = try children(domains.map { (domain: $0, path: DomainPaths($0).libxl / "remus/netbuf") })
            .filter { StorePath($0.1).problem == nil && $0.1.utf8.count <= Self.longestName }
        let interfaces = try store.read(
            cards.map { DomainPaths($0.0).libxl / "remus/netbuf" / $0.1 / "ifb" })
        for (card, interface) in zip(cards, interfaces) {
            guard let interface, !interface.isEmpty else { continue }
            sight.buffers.append(StoreSight.Buffer(domain: card.0, card: card.1, interface: interface))
        }
    }

    /// Longer names are no numbers or names of cards.
    private static let longestName = 64

    private mutating func readPools(_ pools: [UInt32]) throws(StoreError) {
        let pools = bounded(pools)
        for (pool, name) in zip(pools, try store.read(pools.map { CPUPool.root / $0 / "name" })) {
            sight.pools[pool] = .some(name)
        }
    }

    /// The children of each node, with what stands for the node.
    private mutating func children<Parent>(
        _ parents: [(domain: Parent, path: StorePath)]
    ) throws(StoreError) -> [(Parent, String)] {
        var found: [(Parent, String)] = []
        for (parent, names) in zip(parents, try store.list(parents.map(\.path))) {
            found += (names ?? []).map { (parent.domain, $0) }
        }
        return bounded(found)
    }

    private mutating func readBackends(of domains: [DomainID]) throws(StoreError) {
        func path(_ owner: DomainID, _ rest: String...) -> StorePath {
            rest.reduce(DomainPaths(owner).guest / "backend") { $0 / $1 }
        }
        let kinds = try children(domains.map { (domain: $0, path: path($0)) }).compactMap { owner, name in
            DeviceKind(rawValue: name).map { (owner: owner, kind: $0) }
        }
        let guests = try children(kinds.map { (domain: $0, path: path($0.owner, $0.kind.rawValue)) })
            .compactMap { parent, name in
                Self.domain(name).map { (owner: parent.owner, kind: parent.kind, domain: $0) }
            }
        let devices = try children(
            guests.map { (domain: $0, path: path($0.owner, $0.kind.rawValue, "\($0.domain)")) }
        ).compactMap { parent, name in
            Self.number(name).map {
                StoreSight.Backend(owner: parent.owner, kind: parent.kind, domain: parent.domain, id: $0)
            }
        }
        let keys = [
            "state", "online", "hotplug-status", "hotplug-error", "physical-device", "params", "vifname",
        ]
        let values = try store.read(devices.flatMap { device in keys.map { StorePath(device.path) / $0 } })
        for (index, device) in devices.enumerated() {
            let found = values[(index * keys.count)..<((index + 1) * keys.count)].map { $0 }
            var device = device
            (device.state, device.online, device.hotplugStatus) = (found[0], found[1], found[2])
            (device.hotplugError, device.physicalDevice) = (found[3], found[4])
            (device.parameters, device.interface) = (found[5], found[6])
            sight.backends.append(device)
        }
    }
}
