import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// How long a domain has run.
public struct DomainUptime: Hashable, Sendable {
    public var domain: DomainID
    /// As xenstore has it, with whatever characters: escape it before it goes to a terminal.
    public var name: String?
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
        guard let vm = try store.read(DomainPaths(domain).guest / "vm"), StorePath(vm).problem == nil,
            let text = try store.read(StorePath(vm) / "start_time"), let start = Self.startTime(text)
        else { return nil }
        return UInt64(max(0, now - start))
    }

    /// Seconds since 1970 from a `start_time` node, which upstream writes with a fraction: "1700000000.25".
    static func startTime(_ text: String) -> Int? {
        let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        return UInt32(String(decoding: digits, as: UTF8.self)).map { Int($0) }
    }
}
