import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes
import YajlJSON

extension Toolstack {
    /// What the host and its domains have used until now: from where libxenstat has it, the hypervisor, `/proc/net/dev`,
    /// the block backends' counters in sysfs, and each QEMU that serves disks.
    ///
    /// A domain that has no name is left out: it is being made or has gone.
    ///
    /// - Parameter includesVCPUs: costs a request for each virtual CPU.
    package func sample(includingVCPUs includesVCPUs: Bool = false) async throws(ToolstackError)
        -> HostSample
    {
        do {
            let physical = try hypervisor.physicalInfo()
            let (instant, time) = (ContinuousClock.now, SystemCalls.nanosecondsSince1970)
            let infos = try hypervisor.domains()
            var domains = zip(infos, try names(of: infos.map(\.domain))).compactMap { info, name in
                name.map { DomainSample(info: info, name: $0) }
            }
            let indices = Dictionary(domains.enumerated().map { ($1.info.domain, $0) }) { $1 }
            for (domain, network) in NetworkReader().read() {
                if let index = indices[domain] { domains[index].networks.append(network) }
            }
            for (domain, disk) in KernelDiskReader().read() {
                if let index = indices[domain] { domains[index].disks.append(disk) }
            }
            let served = try store.list(domains.map { QEMUDiskReader.directory(of: $0.info.domain) })
            for index in domains.indices where served[index] != nil {
                domains[index].disks += await QEMUDiskReader(paths: paths).read(domains[index].info.domain)
            }
            if includesVCPUs {
                for index in domains.indices { domains[index].vcpus = vcpus(of: domains[index].info) }
            }
            return HostSample(instant: instant, time: time, physical: physical, domains: domains)
        } catch {
            throw ToolstackError(.fail, "cannot take a sample of this host", underlying: error)
        }
    }

    /// The virtual CPUs as far as the domain is still there.
    private func vcpus(of info: DomainInfo) -> [VCPUInfo] {
        guard let last = info.maximumVCPUID else { return [] }
        return (0...last).compactMap { try? hypervisor.vcpuInfo($0, of: info.domain) }
    }
}

/// The counters of guests' network interfaces.
struct NetworkReader {
    func read() -> [(DomainID, NetworkSample)] {
        Self.lines(Files.text(FilePath("/proc/net/dev")) ?? "").compactMap { name, counters in
            let node = Files.text(FilePath("/sys/class/net/\(name)/device/nodename"), limit: 4096)
            guard let (domain, card) = Self.owner(interface: name, nodeName: node) else { return nil }
            return (domain, NetworkSample(interface: name, card: card, counters: counters))
        }
    }

    /// The interfaces of `/proc/net/dev`, each with what it counts.
    static func lines(_ text: String) -> [(name: String, counters: NetworkCounters)] {
        text.split(separator: "\n").dropFirst(2).compactMap { line in
            guard let colon = line.lastIndex(of: ":") else { return nil }
            let name = line[..<colon].drop { $0 == " " }
            let values = line[line.index(after: colon)...].split(separator: " ").map { UInt64($0) ?? 0 }
            // A name goes into a path.
            guard values.count >= 16, !name.isEmpty, !name.contains("/") else { return nil }
            var counters = NetworkCounters()
            (counters.receivedBytes, counters.receivedPackets) = (values[0], values[1])
            (counters.receiveErrors, counters.receiveDrops) = (values[2], values[3])
            (counters.sentBytes, counters.sentPackets) = (values[8], values[9])
            (counters.sendErrors, counters.sendDrops) = (values[10], values[11])
            return (String(name), counters)
        }
    }

    /// Whose card an interface belongs to: by its backend's node, `backend/vif/DOMID/ID`, or else by a name that begins
    /// as `vifDOMID.ID`, as QEMU's taps have it.
    static func owner(interface: String, nodeName: String?) -> (DomainID, UInt32)? {
        if let words = nodeName?.split(whereSeparator: { $0 == "/" || $0 == "\n" }), words.count >= 4,
            words[0] == "backend", words[1] == "vif", let domain = UInt32(words[2]),
            let card = UInt32(words[3])
        {
            return (DomainID(domain), card)
        }
        guard interface.hasPrefix("vif") else { return nil }
        let parts = interface.dropFirst(3).split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let domain = UInt32(parts[0]),
            let card = UInt32(parts[1].prefix { $0.isNumber })
        else { return nil }
        return (DomainID(domain), card)
    }
}

/// The counters of block backends of the kernel.
struct KernelDiskReader {
    private static let devices: FilePath = "/sys/bus/xen-backend/devices"

    func read() -> [(DomainID, DiskSample)] {
        Files.names(in: Self.devices).compactMap { name -> (DomainID, DiskSample)? in
            guard let (backend, domain, device) = Self.identity(name) else { return nil }
            let counters = Self.counters { key in
                Files.text(Self.devices.appending(name).appending("statistics").appending(key), limit: 4096)
            }
            return (domain, DiskSample(backend: backend, device: device, counters: counters))
        }.sorted { ($0.0, $0.1.device ?? 0) < ($1.0, $1.1.device ?? 0) }
    }

    /// What a device's directory is named after: `vbd-5-51712`.
    static func identity(_ name: String) -> (DiskSample.Backend, DomainID, UInt32)? {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        let backends: [Substring: DiskSample.Backend] = ["vbd": .blkback, "tap": .blktap]
        guard parts.count == 3, let backend = backends[parts[0]], let domain = UInt32(parts[1]),
            let device = UInt32(parts[2])
        else { return nil }
        return (backend, DomainID(domain), device)
    }

    /// - Parameter read: gives the text of a file in the directory `statistics`.
    /// - Returns: nil when one is missing, as for a backend that has not connected.
    static func counters(_ read: (String) -> String?) -> DiskCounters? {
        func value(_ key: String) -> UInt64? { read(key).flatMap { UInt64($0.prefix { $0.isNumber }) } }
        var counters = DiskCounters()
        guard let outOfRequests = value("oo_req"), let reads = value("rd_req"),
            let writes = value("wr_req"),
            let sectorsRead = value("rd_sect"), let sectorsWritten = value("wr_sect")
        else { return nil }
        (counters.outOfRequests, counters.reads, counters.writes) = (outOfRequests, reads, writes)
        (counters.sectorsRead, counters.sectorsWritten) = (sectorsRead, sectorsWritten)
        return counters
    }
}

/// The counters of the disks that a QEMU serves, asked over the monitor that is there for this.
struct QEMUDiskReader {
    let paths: HostPaths

    /// How long a QEMU may take for an answer before its disks are left out.
    private static let limit = Duration.milliseconds(500)

    static func directory(of domain: DomainID) -> StorePath {
        DomainPaths(.control).guest / "backend" / DeviceKind.qdisk.rawValue / domain
    }

    /// - Returns: nothing when there is no such QEMU, or it does not answer: it may be the guest's.
    func read(_ domain: DomainID) async -> [DiskSample] {
        do {
            let socket = try QMPSocket(connectingTo: DeviceModelPlan.statisticsSocket(domain, paths))
            let session = try await QMPSession(socket, within: Self.limit)
            return Self.disks(try await session.execute("query-blockstats", within: Self.limit))
        } catch {
            return []
        }
    }

    /// - Parameter answer: to `query-blockstats`.
    static func disks(_ answer: JSONValue) -> [DiskSample] {
        (answer.array ?? []).prefix(1024).compactMap { device in
            guard let stats = device["stats"] else { return nil }
            func value(_ key: String) -> UInt64 { UInt64(clamping: stats[key]?.integer ?? 0) }
            var counters = DiskCounters()
            (counters.reads, counters.writes) = (value("rd_operations"), value("wr_operations"))
            (counters.sectorsRead, counters.sectorsWritten) = (
                value("rd_bytes") / 512, value("wr_bytes") / 512
            )
            return DiskSample(backend: .qemu, device: nil, counters: counters)
        }
    }
}
