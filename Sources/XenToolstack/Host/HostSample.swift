import XenControl
import XenTypes

/// What the host and its domains have used up to one moment.
public struct HostSample: Sendable {
    /// When the hypervisor was asked for the domains.
    public var instant: ContinuousClock.Instant
    /// The same by the host's clock, in nanoseconds since 1970.
    public var time: UInt64
    /// Processors and memory.
    public var physical: PhysicalInfo
    /// All domains, by number.
    public var domains: [DomainSample]

    public init(
        instant: ContinuousClock.Instant, time: UInt64, physical: PhysicalInfo, domains: [DomainSample]
    ) {
        self.instant = instant
        self.time = time
        self.physical = physical
        self.domains = domains
    }

    /// What share of one processor's time a domain has had since an earlier sample, in percent: up to 100 for each of its
    /// virtual CPUs. 0 for a domain that was not there then.
    public func processorShare(of domain: DomainSample, since old: HostSample) -> Double {
        guard let before = old.domains.first(where: { $0.info.domain == domain.info.domain }),
            before.info.cpuTime <= domain.info.cpuTime
        else { return 0 }
        let elapsed = (instant - old.instant) / .nanoseconds(1)
        return elapsed > 0 ? Double(domain.info.cpuTime - before.info.cpuTime) / elapsed * 100 : 0
    }

    /// A domain's memory in percent of the host's.
    public func memoryShare(pages: UInt64) -> Double {
        physical.totalPages == 0 ? 0 : Double(pages) / Double(physical.totalPages) * 100
    }
}

/// What a domain has used.
public struct DomainSample: Sendable {
    /// What the hypervisor knows of it.
    public var info: DomainInfo
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal.
    public var name: String
    /// By number; empty unless asked for.
    public var vcpus: [VCPUInfo] = []
    /// Its network cards, by number.
    public var networks: [NetworkSample] = []
    /// Its disks, by number.
    public var disks: [DiskSample] = []

    public init(info: DomainInfo, name: String) {
        self.info = info
        self.name = name
    }

    /// How many virtual CPUs it can have.
    public var vcpuCount: UInt64 { info.maximumVCPUID.map { UInt64($0) + 1 } ?? 0 }
    /// Nil for no limit.
    public var pageLimit: UInt64? {
        info.maximumPages >= UInt64(UInt32.max) ? nil : info.maximumPages
    }

    /// All that its network cards have done.
    public var network: NetworkCounters {
        networks.reduce(into: NetworkCounters()) { $0.add($1.counters) }
    }

    /// All that its disks have done; nil when there are disks, and nobody counts for any of them.
    public var disk: DiskCounters? {
        let counted = disks.compactMap(\.counters)
        guard disks.isEmpty || !counted.isEmpty else { return nil }
        return counted.reduce(into: DiskCounters()) { $0.add($1) }
    }
}

/// What a network card's interface on the host counts: what it sends, the guest receives.
public struct NetworkCounters: Hashable, Sendable {
    /// Bytes that came.
    public var receivedBytes: UInt64 = 0
    /// Packets that came.
    public var receivedPackets: UInt64 = 0
    /// Faults among those that came.
    public var receiveErrors: UInt64 = 0
    /// Packets that came and were dropped.
    public var receiveDrops: UInt64 = 0
    /// Bytes that went.
    public var sentBytes: UInt64 = 0
    /// Packets that went.
    public var sentPackets: UInt64 = 0
    /// Faults among those that went.
    public var sendErrors: UInt64 = 0
    /// Packets that were to go and were dropped.
    public var sendDrops: UInt64 = 0

    public init() {}

    mutating func add(_ other: NetworkCounters) {
        receivedBytes &+= other.receivedBytes
        receivedPackets &+= other.receivedPackets
        receiveErrors &+= other.receiveErrors
        receiveDrops &+= other.receiveDrops
        sentBytes &+= other.sentBytes
        sentPackets &+= other.sentPackets
        sendErrors &+= other.sendErrors
        sendDrops &+= other.sendDrops
    }
}

/// A network card's traffic since it was connected.
public struct NetworkSample: Hashable, Sendable {
    /// The host's interface.
    public var interface: String
    /// The number of the guest's card.
    public var card: UInt32
    /// The traffic.
    public var counters: NetworkCounters

    public init(interface: String, card: UInt32, counters: NetworkCounters) {
        self.interface = interface
        self.card = card
        self.counters = counters
    }
}

/// A disk's traffic since it was connected.
public struct DiskCounters: Hashable, Sendable {
    /// How often the backend had no request left to take from the ring.
    public var outOfRequests: UInt64 = 0
    /// Requests to read.
    public var reads: UInt64 = 0
    /// Requests to write.
    public var writes: UInt64 = 0
    /// In units of 512 bytes.
    public var sectorsRead: UInt64 = 0
    /// Sectors that were written, of 512 bytes.
    public var sectorsWritten: UInt64 = 0

    public init() {}

    mutating func add(_ other: DiskCounters) {
        outOfRequests &+= other.outOfRequests
        reads &+= other.reads
        writes &+= other.writes
        sectorsRead &+= other.sectorsRead
        sectorsWritten &+= other.sectorsWritten
    }
}

/// A disk and its traffic.
public struct DiskSample: Hashable, Sendable {
    /// Who serves it.
    public enum Backend: String, Hashable, Sendable {
        /// The kernel.
        case blkback
        /// blktap.
        case blktap
        /// QEMU.
        case qemu
    }

    /// What serves it.
    public var backend: Backend
    /// The guest's number for it; QEMU has none.
    public var device: UInt32?
    /// Nil when the backend does not count.
    public var counters: DiskCounters?

    public init(backend: Backend, device: UInt32?, counters: DiskCounters?) {
        self.backend = backend
        self.device = device
        self.counters = counters
    }
}
