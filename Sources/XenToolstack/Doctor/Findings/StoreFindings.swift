import XenStore
import XenTypes

/// What can be left in xenstore.
enum StoreFindings {
    static let table = [
        Ailment("store-nodes-left", "nodes of a domain that is no more", nodesLeft),
        Ailment("store-machine-left", "nodes in /vm that no domain uses", machinesLeft),
        Ailment("store-stray-node", "an entry of /local/domain that is no domain's number", strays),
        Ailment("store-cut-short", "more nodes than the doctor looks at", cutShort),
        Ailment("pool-name-left", "the name of a CPU pool that is no more", poolNames),
        Ailment("pool-half-made", "a CPU pool without a name", unnamedPools),
    ]

    static func nodesLeft(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store else { return [] }
        let domains = Set(store.homes.keys).union(store.records.keys).filter { $0.isReal && !host.exists($0) }
        return domains.sorted().map { domain in
            let places = [
                store.homes[domain].map { _ in "/local/domain/\(domain)" },
                store.records[domain].map { _ in "/libxl/\(domain)" },
            ].compactMap(\.self)
            let devices = store.records[domain]?.filter { !$0.kind.isConsole } ?? []
            let words = devices.map { "\($0.kind.rawValue) \($0.id)" }.joined(separator: ", ")
            return Finding(
                host.title(domain), domain: domain,
                """
                It is no more, but \(places.joined(separator: " and ")) \(places.count > 1 ? "are" : "is") still \
                there\(devices.isEmpty ? "" : ", with its devices \(words)"). Nobody else can have its name.
                """,
                since: store.homes[domain]?.startTime, remedy: "xl doctor --fix",
                repair: .removeTraces(domain), hindrance: host.foreignHindrance)
        }
    }

    static func machinesLeft(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store else { return [] }
        let used = Set(store.homes.values.compactMap(\.machine))
        return store.machines.compactMap { name in
            guard let uuid = XenUUID(name), "\(uuid)" == name, !used.contains("/vm/\(name)"), !host.exists(uuid) else {
                return nil
            }
            return Finding(
                "/vm/\(name)", "No domain uses it.", remedy: "xenstore-rm /vm/\(name)",
                repair: .removeMachine(uuid), hindrance: host.foreignHindrance)
        }
    }

    static func strays(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(["create", "network-attach", "restore", "migrate-receive"]) else { return [] }
        return (host.store?.strayHomes ?? []).map { home in
            // The stock bridge script makes such an entry for an interface with a name of its own.
            let isUsed = host.store?.backends.contains { $0.interface?.hasSuffix(home.name) == true } == true
            return Finding(
                "/local/domain/\(home.name)",
                home.isOfScript
                    ? "It is no domain's: a hotplug script took an interface's name for a number."
                    : "It is no domain's, and no toolstack's.",
                remedy: "xenstore-rm \("/local/domain/\(home.name)".quotedForShell)",
                repair: isUsed || !home.isOfScript ? nil : .removeStrayHome(home.name),
                hindrance: host.foreignHindrance, severity: home.isOfScript ? .problem : .note)
        }
    }

    static func cutShort(_ host: HostSnapshot) -> [Finding] {
        guard host.store?.isCutShort == true else { return [] }
        return [
            Finding(
                "xenstore",
                """
                It has more than \(StoreReader.limit) domains or devices of one kind: the rest was not looked at. A guest \
                with a backend of its own can do that.
                """,
                remedy: "xenstore-ls /local/domain shows whose nodes they are")
        ]
    }

    static func poolNames(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store, !host.pools.isEmpty else { return [] }
        let pools = Set(host.pools.map(\.id))
        return store.pools.sorted { $0.key < $1.key }.compactMap { id, name in
            guard !pools.contains(id) else { return nil }
            return Finding(
                "/local/pool/\(id)",
                "There is no such CPU pool\(name.map { ", and no other can be called \"\($0)\"" } ?? "").",
                remedy: "xenstore-rm /local/pool/\(id)", repair: .removePoolName(id), hindrance: host.foreignHindrance)
        }
    }

    static func unnamedPools(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store, !host.isDoing(["cpupool-create", "cpupool-destroy", "cpupool-numa-split"]) else {
            return []
        }
        return host.pools.filter { $0.id != CPUPool.first && (store.pools[$0.id] ?? nil) == nil }.map { pool in
            let isEmpty = pool.domains == 0 && pool.cpus == 0
            return Finding(
                "CPU pool \(pool.id)",
                """
                It has no name, \(pool.cpus) processors and \(pool.domains) domains: its creation or its end was cut off.
                """,
                remedy: pool.domains == 0
                    ? "xl cpupool-destroy \(pool.id)" : "xl cpupool-rename \(pool.id) NAME",
                repair: isEmpty ? .destroyPool(pool.id) : nil, hindrance: isEmpty ? host.workHindrance : nil)
        }
    }
}
