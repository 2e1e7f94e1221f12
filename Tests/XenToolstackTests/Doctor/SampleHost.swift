import SystemPackage
import XenControl
import XenTypes

@testable import XenToolstack

/// A healthy host with two guests, to which tests add what is wrong: `web` (5) by this toolstack, `db` (6) by upstream's.
enum SampleHost {
    static let web = XenUUID("11111111-2222-4333-8444-555555555555") ?? .zero
    static let db = XenUUID("66666666-7777-4888-9999-aaaaaaaaaaaa") ?? .zero
    static let other = XenUUID("bbbbbbbb-cccc-4ddd-8eee-ffffffffffff") ?? .zero
    static let lib: FilePath = "/var/lib/xen"
    static let time = 1_800_000_000

    static var healthy: HostSnapshot {
        var host = HostSnapshot()
        host.time = time
        host.domains = [
            SeenDomain(.control, uuid: .zero, flags: .running),
            SeenDomain(DomainID(5), uuid: web, flags: .blocked, pages: 1024, cpuTime: 9),
            SeenDomain(DomainID(6), uuid: db, flags: .blocked, pages: 1024, cpuTime: 9),
        ]
        host.earlierDomains = host.domains
        host.store = store
        host.processes = [
            process(274, "oxenstored", ["/usr/lib/xen/bin/oxenstored"], opensHypervisor: true),
            process(289, "xenconsoled", ["/usr/lib/xen/bin/xenconsoled"], opensHypervisor: true),
            qemu(298, .control), monitor(500, DomainID(5)), monitor(600, DomainID(6)), qemu(601, DomainID(6)),
        ]
        host.files = [configuration(DomainID(5), web), configuration(DomainID(6), db)]
        host.loops = [SeenLoop(identity: .init(number: 0, file: "/srv/web.img"))]
        host.interfaces = [
            SeenInterface(name: "lo", index: 1), SeenInterface(name: "vif5.0", index: 7, kind: .device),
            SeenInterface(name: "vif6.0-emu", index: 9, kind: .tap),
        ]
        host.pools = [SeenPool(id: 0, domains: 3, cpus: 4)]
        host.resources.totalKB = 4 << 20
        host.resources.availableKB = 2 << 20
        return host
    }

    private static var store: StoreSight {
        var store = StoreSight()
        store.homes = [
            .control: StoreSight.Home(name: "Domain-0"),
            DomainID(5): StoreSight.Home(name: "web", machine: "/vm/\(web)", startTime: time - 900),
            DomainID(6): StoreSight.Home(
                name: "db", machine: "/vm/\(db)", startTime: time - 900, deviceModelProcess: 601),
        ]
        store.records = [DomainID(5): [], DomainID(6): []]
        store.machines = ["\(web)", "\(db)"]
        store.pools = [0: "Pool-0"]
        var disk = StoreSight.Backend(owner: .control, kind: .vbd, domain: DomainID(5), id: 51712)
        (disk.state, disk.online, disk.physicalDevice, disk.parameters) = ("4", "1", "7:0", "/srv/web.img")
        store.add(disk)
        return store
    }

    static func process(
        _ id: Int32, _ name: String, _ arguments: [String], opensHypervisor: Bool = false, parent: Int32 = 1,
        time: Int = SampleHost.time - 900
    ) -> SeenProcess {
        var process = SeenProcess(identity: .init(id: id, start: UInt64(id)))
        (process.name, process.arguments, process.opensHypervisor) = (name, arguments, opensHypervisor)
        (process.parent, process.time) = (parent, time)
        return process
    }

    static func xl(_ id: Int32, _ words: String...) -> SeenProcess {
        process(id, "xl", ["xl"] + words, opensHypervisor: true, time: time - 1)
    }

    static func qemu(_ id: Int32, _ domain: DomainID) -> SeenProcess {
        process(id, "qemu", ["qemu", "-xen-domid", "\(domain)"], opensHypervisor: true)
    }

    static func monitor(_ id: Int32, _ domain: DomainID) -> SeenProcess {
        var process = xl(id, "create", "guest.cfg")
        process.time = time - 899
        process.watched = domain
        return process
    }

    static func configuration(_ domain: DomainID, _ uuid: XenUUID) -> SeenFile {
        SeenFile(path: lib.appending("userdata-d.\(domain).\(uuid).libxl-json"), modified: time - 900)
    }
}

extension StoreSight {
    /// A device with its record.
    mutating func add(_ backend: Backend) {
        backends.append(backend)
        records[backend.domain, default: []].append(
            Record(kind: backend.kind, id: backend.id, backend: backend.path))
    }
}

extension HostSnapshot {
    /// The host after a change of the store.
    func with(_ change: (inout StoreSight) -> Void) -> HostSnapshot {
        var host = self
        if var store = host.store {
            change(&store)
            host.store = store
        }
        return host
    }

    /// The host with another domain, there from beginning to end.
    func with(_ domain: SeenDomain, home: StoreSight.Home? = nil) -> HostSnapshot {
        var host = with { store in
            store.homes[domain.domain] = home
            store.records[domain.domain] = []
        }
        host.domains.append(domain)
        host.earlierDomains.append(domain)
        return host
    }

    func with(_ process: SeenProcess) -> HostSnapshot {
        var host = self
        host.processes.append(process)
        return host
    }

    /// The host without its first domain of this number.
    func without(_ domain: DomainID) -> HostSnapshot {
        var host = self
        host.domains.removeAll { $0.domain == domain }
        host.earlierDomains.removeAll { $0.domain == domain }
        return host
    }

    mutating func change(_ domain: DomainID, _ change: (inout SeenDomain) -> Void) {
        for index in domains.indices where domains[index].domain == domain { change(&domains[index]) }
        for index in earlierDomains.indices where earlierDomains[index].domain == domain {
            change(&earlierDomains[index])
        }
    }

    var codes: [String] { findings.map(\.code) }
}
