import CXen
import XenTypes

/// What Intel's monitoring of caches and memory counts of a domain (`xc_psr_cmt_type` in `xenctrl.h`).
public enum MonitoredResource: UInt32, Sendable, CaseIterable {
    /// Bytes of the last-level cache that a domain fills.
    case cacheOccupancy = 0
    /// Memory traffic of a domain.
    case totalMemoryTraffic = 1
    /// Memory traffic of a domain on its own socket.
    case localMemoryTraffic = 2
}

/// What of a processor's caches and memory can be divided among domains (`xc_psr_feat_type` in `xenctrl.h`).
public enum DivisibleResource: UInt32, Sendable {
    /// The last-level cache.
    case level3Cache = 0
    /// The second-level cache.
    case level2Cache = 1
    /// Memory traffic.
    case memoryBandwidth = 2
}

/// A domain's part of such a resource (`xc_psr_type` in `xenctrl.h`).
public enum ResourceShare: UInt32, Sendable {
    /// Parts of the last-level cache, a bit for each.
    case level3Mask = 1
    /// Parts of it for code, a bit for each.
    case level3CodeMask = 2
    /// Parts of it for data, a bit for each.
    case level3DataMask = 3
    /// Parts of the second-level cache, a bit for each.
    case level2Mask = 4
    /// How much memory traffic is held back.
    case memoryThrottle = 5
}

/// How a socket's cache can be divided.
public struct CacheDivision: Hashable, Sendable {
    /// The highest class of service.
    public var maximumClass: UInt32
    /// Bits of a mask, each of which stands for an equal part of the cache.
    public var maskLength: UInt32
    /// Code and data have masks of their own.
    public var separatesCodeAndData: Bool

    public init(maximumClass: UInt32, maskLength: UInt32, separatesCodeAndData: Bool) {
        self.maximumClass = maximumClass
        self.maskLength = maskLength
        self.separatesCodeAndData = separatesCodeAndData
    }
}

/// How a socket's memory bandwidth can be divided.
public struct BandwidthDivision: Hashable, Sendable {
    /// The highest class of service.
    public var maximumClass: UInt32
    /// The most that can be held back.
    public var maximumThrottle: UInt32
    /// The throttle is a percentage; else each step halves the bandwidth.
    public var isLinear: Bool

    public init(maximumClass: UInt32, maximumThrottle: UInt32, isLinear: Bool) {
        self.maximumClass = maximumClass
        self.maximumThrottle = maximumThrottle
        self.isLinear = isLinear
    }
}

/// Intel's Platform Shared Resource features; errno values of `xen/arch/x86/psr.c`.
extension Hypervisor {
    /// Whether caches and memory traffic of domains are monitored.
    package func monitorsResources() throws(HypervisorError) -> Bool {
        try call("ask for cache monitoring") { xc_psr_cmt_enabled($0) } != 0
    }

    /// How many domains can be monitored at once.
    package func monitorCount() throws(HypervisorError) -> UInt32 {
        try number("read the number of monitors") { xc_psr_cmt_get_total_rmid($0, $1) }
    }

    /// What the processor can monitor.
    package func monitoredResources() throws(HypervisorError) -> [MonitoredResource] {
        let mask = try number("read what can be monitored") { xc_psr_cmt_get_l3_event_mask($0, $1) }
        return MonitoredResource.allCases.filter { mask & (1 << $0.rawValue) != 0 }
    }

    /// What a counter is multiplied by to give bytes.
    package func monitorScale() throws(HypervisorError) -> UInt32 {
        try number("read the scale of the monitors") { xc_psr_cmt_get_l3_upscaling_factor($0, $1) }
    }

    /// The size of the level 3 cache that a CPU uses, in KiB.
    package func level3CacheSize(ofCPU cpu: UInt32) throws(HypervisorError) -> UInt32 {
        try number("read the size of the level 3 cache") { xc_psr_cmt_get_l3_cache_size($0, cpu, $1) }
    }

    package func attachMonitor(to domain: DomainID) throws(HypervisorError) {
        try call("monitor the caches of", domain) { xc_psr_cmt_attach($0, domain.rawValue) }
    }

    package func detachMonitor(from domain: DomainID) throws(HypervisorError) {
        try call("end the monitoring of", domain) { xc_psr_cmt_detach($0, domain.rawValue) }
    }

    /// The monitor of a domain; nil for one that is not monitored.
    package func monitor(of domain: DomainID) throws(HypervisorError) -> UInt32? {
        var monitor: UInt32 = 0
        try call("read the monitor of", domain) { xc_psr_cmt_get_domain_rmid($0, domain.rawValue, &monitor) }
        return monitor == 0 ? nil : monitor
    }

    /// A counter of a monitor as a CPU's socket has it, and when it was read.
    ///
    /// - Returns: the count, in units of `monitorScale()` bytes, and the host's time in nanoseconds.
    package func count(
        of resource: MonitoredResource, monitor: UInt32, cpu: UInt32
    ) throws(HypervisorError) -> (count: UInt64, time: UInt64) {
        var (count, time): (UInt64, UInt64) = (0, 0)
        try call("read monitor \(monitor)") {
            xc_psr_cmt_get_data($0, monitor, cpu, xc_psr_cmt_type(resource.rawValue), &count, &time)
        }
        return (count, time)
    }

    /// - Parameter level: 2 or 3.
    package func cacheDivision(level: Int, socket: UInt32) throws(HypervisorError) -> CacheDivision {
        let info = try division(of: level == 2 ? .level2Cache : .level3Cache, socket: socket)
        return CacheDivision(
            maximumClass: info.cat.cos_max, maskLength: info.cat.cbm_len, separatesCodeAndData: info.cat.cdp_enabled)
    }

    package func bandwidthDivision(socket: UInt32) throws(HypervisorError) -> BandwidthDivision {
        let info = try division(of: .memoryBandwidth, socket: socket)
        return BandwidthDivision(
            maximumClass: info.mba.cos_max, maximumThrottle: info.mba.thrtl_max, isLinear: info.mba.linear)
    }

    private func division(of resource: DivisibleResource, socket: UInt32) throws(HypervisorError) -> xc_psr_hw_info {
        var info = xc_psr_hw_info()
        try call("read how socket \(socket) can be divided") {
            xc_psr_get_hw_info($0, socket, xc_psr_feat_type(resource.rawValue), &info)
        }
        return info
    }

    package func share(
        _ share: ResourceShare, of domain: DomainID, socket: UInt32
    ) throws(HypervisorError) -> UInt64 {
        var value: UInt64 = 0
        try call("read the share of socket \(socket) of", domain) {
            xc_psr_get_domain_data($0, domain.rawValue, xc_psr_type(share.rawValue), socket, &value)
        }
        return value
    }

    package func setShare(
        _ share: ResourceShare, to value: UInt64, of domain: DomainID, socket: UInt32
    ) throws(HypervisorError) {
        try call("set the share of socket \(socket) of", domain) {
            xc_psr_set_domain_data($0, domain.rawValue, xc_psr_type(share.rawValue), socket, value)
        }
    }

    private func number(
        _ operation: String, _ body: (OpaquePointer, UnsafeMutablePointer<UInt32>) -> Int32
    ) throws(HypervisorError) -> UInt32 {
        var value: UInt32 = 0
        try call(operation) { body($0, &value) }
        return value
    }
}
