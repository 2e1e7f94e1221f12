import Glibc
import XenControl
import XenTypes

/// Cache monitoring of domains (Intel's CMT and MBM).
public struct ResourceMonitoring: Hashable, Sendable {
    /// How many domains can be monitored at once, and what of them.
    public var monitors: UInt32
    /// What can be read.
    public var resources: [MonitoredResource]

    public init(monitors: UInt32, resources: [MonitoredResource]) {
        self.monitors = monitors
        self.resources = resources
    }
}

/// What a domain uses of resources, or may use.
public struct ResourceUse: Hashable, Sendable {
    /// The domain.
    public var domain: DomainID
    /// Its name; nil for one without.
    public var name: String?
    /// nil where one could not be read.
    public var values: [UInt64?]

    public init(domain: DomainID, name: String?, values: [UInt64?]) {
        self.domain = domain
        self.name = name
        self.values = values
    }
}

/// What the monitors of domains show, by socket.
public struct MonitorReadings: Hashable, Sendable {
    /// What was read.
    public var resource: MonitoredResource
    /// How many domains can be monitored at once.
    public var monitors: UInt32
    /// The sockets that were read, by number.
    public var sockets: [UInt32]
    /// In the order of `sockets`, in KiB; empty where another resource than the cache is shown.
    public var cacheSizes: [UInt32]
    /// Those that are monitored, each with values in the order of `sockets`, in KiB or KiB a second.
    public var domains: [ResourceUse]

    public init(
        resource: MonitoredResource, monitors: UInt32, sockets: [UInt32], cacheSizes: [UInt32], domains: [ResourceUse]
    ) {
        self.resource = resource
        self.monitors = monitors
        self.sockets = sockets
        self.cacheSizes = cacheSizes
        self.domains = domains
    }

    /// The words for what can be monitored.
    public static var resourceNames: [String] { MonitoredResource.allCases.map(\.name) }

    /// The resource that `xl psr-cmt-show` knows by this name; nil for none.
    public static func resource(named name: String) -> MonitoredResource? {
        MonitoredResource.allCases.first { $0.name == name }
    }
}

extension Toolstack {
    /// - Returns: nil where nothing can be monitored: the processor cannot, or the hypervisor was not told to.
    public func resourceMonitoring() throws(ToolstackError) -> ResourceMonitoring? {
        do {
            guard try hypervisor.monitorsResources() else { return nil }
            return ResourceMonitoring(
                monitors: try hypervisor.monitorCount(), resources: try hypervisor.monitoredResources())
        } catch {
            throw monitoringError("Failed to get max RMID value", error)
        }
    }

    /// Begins to monitor what a domain uses of caches.
    ///
    /// - Throws: when the machine cannot, or has no monitor left.
    public func attachMonitor(to domain: DomainID) throws(ToolstackError) {
        do { try hypervisor.attachMonitor(to: domain) } catch {
            throw monitoringError("cannot monitor the caches of domain \(domain)", error)
        }
    }

    /// Ends it.
    ///
    /// - Throws: when the domain is not monitored.
    public func detachMonitor(from domain: DomainID) throws(ToolstackError) {
        do { try hypervisor.detachMonitor(from: domain) } catch {
            throw monitoringError("cannot end the monitoring of domain \(domain)", error)
        }
    }

    /// Reads the monitors of one domain, or of all.
    ///
    /// - Throws: `notSupported` where the resource cannot be monitored.
    public func readMonitors(
        of resource: MonitoredResource, only domain: DomainID? = nil
    ) async throws(ToolstackError) -> MonitorReadings {
        guard let monitoring = try resourceMonitoring() else {
            throw ToolstackError(
                .notSupported, "CMT is disabled in the system", cause: absence(of: .cacheMonitoring))
        }
        guard monitoring.resources.contains(resource) else {
            throw ToolstackError(.notSupported, "Monitor type '\(resource.name)' is not supported in the system")
        }
        let infos = try domain.map { domain throws(ToolstackError) in [try info(of: domain)] }
        do {
            let sockets = try self.sockets()
            var readings = MonitorReadings(
                resource: resource, monitors: monitoring.monitors, sockets: sockets.map(\.number),
                cacheSizes: [], domains: [])
            if resource == .cacheOccupancy {
                readings.cacheSizes = try sockets.map { try hypervisor.level3CacheSize(ofCPU: $0.cpu) }
            }
            let scale = UInt64(try hypervisor.monitorScale())
            for info in try infos ?? hypervisor.domains() {
                // A domain may go away while others are read.
                guard let monitor = (try? hypervisor.monitor(of: info.domain)) ?? nil else { continue }
                var values: [UInt64?] = []
                for socket in sockets {
                    values.append(
                        resource == .cacheOccupancy
                            ? (try? hypervisor.count(of: resource, monitor: monitor, cpu: socket.cpu))
                                .map { $0.count.multipliedOrMax(by: scale) / 1024 }
                            : await rate(of: resource, monitor: monitor, cpu: socket.cpu, scale: scale))
                }
                readings.domains.append(
                    ResourceUse(domain: info.domain, name: try name(of: info.domain), values: values))
            }
            return readings
        } catch {
            throw ToolstackError(.fail, "cannot read the monitors of domains", underlying: error)
        }
    }

    /// The rate of a counter over some milliseconds, in KiB a second; nil where it could not be read.
    private func rate(of resource: MonitoredResource, monitor: UInt32, cpu: UInt32, scale: UInt64) async -> UInt64? {
        // A counter that wrapped round, which it does once a second at most, is read again.
        for _ in 0..<5 {
            guard let first = try? hypervisor.count(of: resource, monitor: monitor, cpu: cpu) else { return nil }
            try? await Task.sleep(for: .milliseconds(10))
            guard let second = try? hypervisor.count(of: resource, monitor: monitor, cpu: cpu) else { return nil }
            if let rate = CounterRate(from: first, to: second, scale: scale) { return rate.kibPerSecond }
        }
        return nil
    }

    /// The sockets of the host, each with one of its CPUs.
    func sockets() throws(HypervisorError) -> [(number: UInt32, cpu: UInt32)] {
        var first: [UInt32: UInt32] = [:]
        for (cpu, place) in try hypervisor.cpuTopology().enumerated() {
            guard let socket = place.socket, first[socket] == nil else { continue }
            first[socket] = UInt32(clamping: cpu)
        }
        return first.sorted { $0.key < $1.key }.map { (number: $0.key, cpu: $0.value) }
    }

    /// What the errno values of `XEN_DOMCTL_psr_cmt_op` stand for (`xen/arch/x86/psr.c`, `domctl.c`).
    private func monitoringError(_ message: String, _ error: HypervisorError) -> ToolstackError {
        let words: [Int32: String] = [
            EEXIST: "CMT is already attached to this domain", ENOENT: "CMT is not attached to this domain",
            EOVERFLOW: "no free RMID available",
        ]
        guard error.code == ENODEV || error.code == ENOSYS || error.code == EOPNOTSUPP else {
            return words[error.code].map { ToolstackError(.fail, message, domain: error.domain, cause: $0) }
                ?? ToolstackError(.fail, message, underlying: error)
        }
        return ToolstackError(
            .fail, message, domain: error.domain, cause: "CMT is not supported in this system",
            remedy: absence(of: .cacheMonitoring))
    }
}

/// How fast a counter has grown between two readings, each with its time in nanoseconds.
struct CounterRate: Hashable, Sendable {
    let kibPerSecond: UInt64

    /// - Parameter scale: bytes that one count stands for.
    /// - Returns: nil when the counter may have wrapped round meanwhile.
    init?(from first: (count: UInt64, time: UInt64), to second: (count: UInt64, time: UInt64), scale: UInt64) {
        guard second.time > first.time, second.time - first.time < 1_000_000_000, second.count >= first.count else {
            return nil
        }
        let bytes = (second.count - first.count).multipliedOrMax(by: scale)
        let (high, low) = bytes.multipliedFullWidth(by: 1_000_000_000)
        let nanoseconds = second.time - first.time
        kibPerSecond = high < nanoseconds ? nanoseconds.dividingFullWidth((high, low)).quotient / 1024 : .max
    }
}

extension UInt64 {
    fileprivate func multipliedOrMax(by factor: UInt64) -> UInt64 {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

extension MonitoredResource {
    /// The word for it on the command line.
    public var name: String {
        switch self {
        case .cacheOccupancy: "cache-occupancy"
        case .totalMemoryTraffic: "total-mem-bandwidth"
        case .localMemoryTraffic: "local-mem-bandwidth"
        }
    }
}
