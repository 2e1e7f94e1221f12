import DomainModel
import XenControl
import XenStore
import XenTypes

/// A domain as lists show it.
public struct ListedDomain: Hashable, Sendable {
    /// What the hypervisor knows of it.
    public var info: DomainInfo
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal.
    public var name: String?
    /// Flask's label; nil also without Flask.
    public var securityLabel: String?
    /// Its CPU pool's name; nil where it was not asked for.
    public var poolName: String?
    /// NUMA nodes that its memory comes from; nil where they were not asked for.
    public var nodeAffinity: Bitmap?
    /// What the domain was created as; the control domain and one that another toolstack made without saying so
    /// count as PV or HVM by what the hypervisor knows.
    public var type: DomainType?
    /// Its QEMU; nil where that was not asked for, and for one without.
    public var deviceModel: DeviceModelStatus?
    /// When it was created or arrived here, in seconds since 1970; nil where that was not noted.
    public var startTime: Int?
    /// What an agent in the guest has published; nil where it was not asked for.
    public var addresses: [GuestAddress]?

    public init(info: DomainInfo, name: String?) {
        self.info = info
        self.name = name
    }
}

/// What of a domain costs requests of its own.
public struct DomainDetails: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// ``ListedDomain/securityLabel``.
    public static let securityLabel = DomainDetails(rawValue: 1)
    /// ``ListedDomain/poolName``.
    public static let pool = DomainDetails(rawValue: 2)
    /// ``ListedDomain/nodeAffinity``.
    public static let nodeAffinity = DomainDetails(rawValue: 4)
    /// ``ListedDomain/type``.
    public static let type = DomainDetails(rawValue: 8)
    /// ``ListedDomain/deviceModel``.
    public static let deviceModel = DomainDetails(rawValue: 16)
    /// ``ListedDomain/startTime``.
    public static let startTime = DomainDetails(rawValue: 32)
    /// ``ListedDomain/addresses``.
    public static let addresses = DomainDetails(rawValue: 64)
    /// All of them.
    public static let all: DomainDetails = [
        .securityLabel, .pool, .nodeAffinity, .type, .deviceModel, .startTime, .addresses,
    ]
}

extension Toolstack {
    /// The domains of this host by number, or only one of them.
    ///
    /// - Throws: `domainNotFound` when there is no such domain.
    public func listDomains(
        only domain: DomainID? = nil, details: DomainDetails = []
    ) throws(ToolstackError) -> [ListedDomain] {
        let infos: [DomainInfo]
        if let domain { infos = [try info(of: domain)] } else { infos = try domainInfos() }
        var shared = DetailNames()
        do {
            var listed: [ListedDomain] = []
            for (info, name) in zip(infos, try names(of: infos.map(\.domain))) {
                var entry = ListedDomain(info: info, name: name)
                if details.contains(.securityLabel) { entry.securityLabel = try label(info.ssidref, &shared) }
                if details.contains(.pool) { entry.poolName = try poolName(info.cpupool, &shared) }
                if details.contains(.type) { entry.type = try type(of: info) }
                if details.contains(.deviceModel) { entry.deviceModel = deviceModelStatus(of: info.domain) }
                if details.contains(.nodeAffinity) {
                    // A domain may go away while others are looked at.
                    entry.nodeAffinity = try? hypervisor.nodeAffinity(of: info.domain)
                }
                listed.append(entry)
            }
            if details.contains(.startTime) {
                for (index, time) in try startTimes(of: infos.map(\.domain)).enumerated() {
                    listed[index].startTime = infos[index].domain == .control ? hostStartTime() : time
                }
            }
            if details.contains(.addresses) {
                for (index, list) in try StoreSurvey(store).addresses(of: infos.map(\.domain)).enumerated() {
                    listed[index].addresses = list
                }
            }
            return listed
        } catch {
            throw ToolstackError(.fail, "cannot list domains", underlying: error)
        }
    }

    private func domainInfos() throws(ToolstackError) -> [DomainInfo] {
        do { return try hypervisor.domains() } catch {
            throw ToolstackError(.fail, "cannot list domains", underlying: error)
        }
    }

    /// Names that several domains share, asked for once.
    private struct DetailNames {
        var labels: [UInt32: String?] = [:]
        var pools: [UInt32: String?] = [:]
    }

    private func label(_ sid: UInt32, _ names: inout DetailNames) throws(HypervisorError) -> String? {
        if let known = names.labels[sid] { return known }
        let label = try? hypervisor.flaskLabel(of: sid)
        names.labels[sid] = .some(label)
        return label
    }

    private func poolName(_ id: UInt32, _ names: inout DetailNames) throws(StoreError) -> String? {
        if let known = names.pools[id] { return known }
        let name = try poolName(id)
        names.pools[id] = .some(name)
        return name
    }

    /// A CPU pool's name; nil when xenstore has none.
    public func poolName(_ id: UInt32) throws(StoreError) -> String? { try store.read("/local/pool/\(id)/name") }

    /// What a domain was created as, from what its toolstack noted, or else from what the hypervisor says.
    public func type(of info: DomainInfo) throws(StoreError) -> DomainType {
        if let text = try store.read(DomainPaths(info.domain).libxl / "type"), let type = DomainType(name: text),
            type != .invalid
        {
            return type
        }
        guard info.flags.contains(.hvm) else { return .pv }
        return EmulationFlags.lapic.isSuperset(of: info.emulation) ? .pvh : .hvm
    }

    /// The domains that are no device models of others.
    func machines(among infos: [DomainInfo]) throws(StoreError) -> [DomainInfo] {
        let targets = try store.read(infos.map { DomainPaths($0.domain).guest / "target" })
        return zip(infos, targets).filter { $1.flatMap { UInt32($0) } == nil }.map(\.0)
    }

    /// The domains that are virtual machines of their own, not device models of others.
    public func listVirtualMachines() throws(ToolstackError) -> [ListedDomain] {
        do {
            let infos = try machines(among: hypervisor.domains())
            return zip(infos, try names(of: infos.map(\.domain))).map { ListedDomain(info: $0, name: $1) }
        } catch {
            throw ToolstackError(.fail, "cannot list domains", underlying: error)
        }
    }
}
