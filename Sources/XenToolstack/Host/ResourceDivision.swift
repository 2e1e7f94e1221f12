import Glibc
import XenControl
import XenTypes

/// What can be divided among domains: caches (Intel's CAT and CDP) and memory bandwidth (MBA).
public enum SharedResource: Hashable, Sendable {
    /// Of level 2 or 3.
    case cache(level: Int)
    /// Memory traffic.
    case bandwidth

    var feature: HypervisorFeature {
        switch self {
        case .cache: .cacheAllocation
        case .bandwidth: .bandwidthAllocation
        }
    }
}

/// A socket whose resource is divided.
public struct DividedSocket: Hashable, Sendable {
    /// How it can be divided.
    public enum Division: Hashable, Sendable {
        /// A cache, in parts.
        case cache(CacheDivision)
        /// Memory traffic, by holding it back.
        case bandwidth(BandwidthDivision)
    }

    /// The socket's number.
    public var socket: UInt32
    /// How it can be divided.
    public var division: Division
    /// The level 3 cache's, in KiB; nil where another resource is divided.
    public var cacheSize: UInt32?
    /// Each with the values of `shares` of the socket, in their order; nil where they were not asked for.
    public var domains: [ResourceUse]?

    public init(socket: UInt32, division: Division, cacheSize: UInt32?, domains: [ResourceUse]? = nil) {
        self.socket = socket
        self.division = division
        self.cacheSize = cacheSize
        self.domains = domains
    }
}

extension Toolstack {
    /// The sockets and how a resource of them can be divided.
    ///
    /// - Throws: `fail` where it cannot be.
    public func dividedSockets(_ resource: SharedResource) throws(ToolstackError) -> [DividedSocket] {
        do {
            return try sockets().map { socket in
                switch resource {
                case .bandwidth:
                    return DividedSocket(
                        socket: socket.number,
                        division: .bandwidth(try hypervisor.bandwidthDivision(socket: socket.number)), cacheSize: nil)
                case .cache(let level):
                    return DividedSocket(
                        socket: socket.number,
                        division: .cache(try hypervisor.cacheDivision(level: level, socket: socket.number)),
                        cacheSize: level == 3 ? try hypervisor.level3CacheSize(ofCPU: socket.cpu) : nil)
                }
            }
        } catch let error as HypervisorError {
            throw divisionError("Failed to get info", resource, error)
        } catch {
            throw ToolstackError(.fail, "Failed to get info", underlying: error)
        }
    }

    /// The sockets with what one domain has of a resource, or all.
    public func divisions(
        of resource: SharedResource, only domain: DomainID? = nil
    ) throws(ToolstackError) -> [DividedSocket] {
        var sockets = try dividedSockets(resource)
        let domains = try listDomains(only: domain)
        for index in sockets.indices {
            let shares = sockets[index].shares(of: resource)
            sockets[index].domains = domains.map { listed in
                ResourceUse(
                    domain: listed.info.domain, name: listed.name,
                    values: shares.map {
                        try? hypervisor.share($0, of: listed.info.domain, socket: sockets[index].socket)
                    })
            }
        }
        return sockets
    }

    /// Sets what a domain has on some sockets. Each is tried, also when another one fails.
    ///
    /// - Parameter chosen: nil for all.
    /// - Throws: `notFound` for a socket that is none, before anything is set.
    public func setShare(
        _ share: ResourceShare, to value: UInt64, of domain: DomainID, sockets chosen: Bitmap?
    ) throws(ToolstackError) {
        let failure = "cannot set the share of domain \(domain)"
        let all: [UInt32]
        do { all = try sockets().map(\.number) } catch {
            throw ToolstackError(.fail, failure, domain: domain, underlying: error)
        }
        if let wrong = chosen?.first(where: { !all.contains(UInt32(clamping: $0)) }) {
            throw ToolstackError(
                .notFound, "there is no socket \(wrong)", domain: domain,
                remedy: "there are \(all.map { "\($0)" }.joined(separator: ", "))")
        }
        var problem: HypervisorError?
        for socket in all where chosen?.contains(Int(socket)) ?? true {
            do throws(HypervisorError) {
                try hypervisor.setShare(share, to: value, of: domain, socket: socket)
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw divisionError(failure, share.resource, problem, name: share.feature) }
    }

    /// What the errno values of `XEN_DOMCTL_psr_alloc` and `XEN_SYSCTL_psr_alloc` stand for (`xen/arch/x86/psr.c`).
    private func divisionError(
        _ message: String, _ resource: SharedResource, _ error: HypervisorError, name: String? = nil
    ) -> ToolstackError {
        let words: [Int32: String] = [
            ENODEV: "is not supported in this system", ENOENT: "is not enabled on the socket",
            EOVERFLOW: "no free COS available", EEXIST: "the same value is already set to this domain",
            ENXIO: "unable to set code or data masks while CDP is disabled",
            EINVAL: "the value is none that the processor takes", ERANGE: "there is no such socket",
        ]
        let isMissing = [ENODEV, ENOENT, ENOSYS, EOPNOTSUPP].contains(error.code)
        let prefix = name.map { "\($0): " } ?? ""
        return ToolstackError(
            .fail, message, domain: error.domain, cause: words[error.code].map { prefix + $0 } ?? "\(error)",
            remedy: isMissing ? absence(of: resource.feature) : nil)
    }
}

extension DividedSocket {
    /// What a domain has of the socket.
    public func shares(of resource: SharedResource) -> [ResourceShare] {
        switch (resource, division) {
        case (.bandwidth, _): [.memoryThrottle]
        case (.cache(level: 2), _): [.level2Mask]
        case (_, .cache(let cache)) where cache.separatesCodeAndData: [.level3CodeMask, .level3DataMask]
        default: [.level3Mask]
        }
    }
}

extension CacheDivision {
    /// The mask of the whole cache.
    public var defaultMask: UInt64 { maskLength < 64 ? 1 << UInt64(maskLength) - 1 : .max }
}

extension ResourceShare {
    fileprivate var resource: SharedResource {
        switch self {
        case .level2Mask: .cache(level: 2)
        case .level3Mask, .level3CodeMask, .level3DataMask: .cache(level: 3)
        case .memoryThrottle: .bandwidth
        }
    }

    /// The feature of the processor, in messages.
    fileprivate var feature: String {
        switch self {
        case .level3Mask: "L3 CAT"
        case .level3CodeMask, .level3DataMask: "CDP"
        case .level2Mask: "L2 CAT"
        case .memoryThrottle: "MBA"
        }
    }
}
