import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// How long a domain has run.
public struct DomainUptime: Hashable, Sendable {
    /// The domain.
    public var domain: DomainID
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal.
    public var name: String?
    /// For how long it has been on this host, in seconds.
    public var seconds: UInt64

    public init(domain: DomainID, name: String?, seconds: UInt64) {
        self.domain = domain
        self.name = name
        self.seconds = seconds
    }
}

extension Toolstack {
    /// How long these domains have run, or all virtual machines when there are none.
    ///
    /// A domain whose start was not noted, by another toolstack, is left out.
    ///
    /// - Parameter now: seconds since 1970.
    public func uptimes(of domains: [DomainID] = [], now: Int) throws(ToolstackError) -> [DomainUptime] {
        do {
            var wanted = domains
            if wanted.isEmpty { wanted = try machines(among: hypervisor.domains()).map(\.domain) }
            var uptimes: [DomainUptime] = []
            for domain in wanted {
                guard let seconds = try domain == .control ? hostUptime() : guestUptime(domain, now: now) else {
                    continue
                }
                uptimes.append(DomainUptime(domain: domain, name: try name(of: domain), seconds: seconds))
            }
            return uptimes
        } catch {
            throw ToolstackError(.fail, "cannot find out how long domains have run", underlying: error)
        }
    }

    private func hostUptime() throws -> UInt64 {
        let path: FilePath = "/proc/uptime"
        let text = try Files.read(path, limit: 4096).map { String(decoding: $0, as: UTF8.self) }
        guard let seconds = text.flatMap({ UInt64($0.prefix { "0"..."9" ~= $0 }) }) else {
            throw ToolstackError(.fail, "cannot read \(path)")
        }
        return seconds
    }

    private func guestUptime(_ domain: DomainID, now: Int) throws(StoreError) -> UInt64? {
        try startTimes(of: [domain])[0].map { UInt64(max(0, now - $0)) }
    }

    /// When guests were started here, in seconds since 1970, in their order; nil where it was not noted.
    func startTimes(of domains: [DomainID]) throws(StoreError) -> [Int?] {
        let machines = try store.read(domains.map { DomainPaths($0).guest / "vm" })
            .map { $0.map { StorePath($0) }.flatMap { $0.problem == nil ? $0 : nil } }
        let nodes = machines.compactMap { $0.map { $0 / "start_time" } }
        var times = try store.read(nodes)[...]
        return machines.map { $0 == nil ? nil : times.popFirst()?.flatMap(Self.startTime) }
    }

    /// When the host's kernel was started, in seconds since 1970; nil where it does not say so.
    func hostStartTime() -> Int? {
        let lines = Files.text("/proc/stat")?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("btime ") }.flatMap { Int($0.dropFirst("btime ".utf8.count)) }
    }

    /// Seconds since 1970 from a `start_time` node, which upstream writes with a fraction: "1700000000.25".
    static func startTime(_ text: String) -> Int? {
        let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return UInt32(String(decoding: digits, as: UTF8.self)).map { Int($0) }
    }
}
