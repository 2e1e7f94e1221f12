import DomainConfig
import Glibc
import SystemPackage
import XenTypes

/// The numbers of domains that ended not long ago, which no new domain may get: others may still act on them.
///
/// The file is libxl's: a line `SECONDS DOMID` each, the seconds of the monotonic clock.
package struct DomainIDHistory: Sendable {
    package struct Entry: Sendable, Hashable {
        package var seconds: Int
        package var domain: DomainID
    }

    private let path: FilePath
    private let timeout: Int

    package init(paths: HostPaths, timeouts: Timeouts) {
        path = paths.run.appending("domid-history")
        timeout = Int(timeouts.domainIDReuse.components.seconds)
    }

    /// The entries of the file's text that are not older than the timeout; lines that are none are left out.
    static func recent(_ text: [UInt8], now: Int, timeout: Int) -> [Entry] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard fields.count == 2, let seconds = Int(fields[0]), let number = UInt32(fields[1]),
                DomainID(number).isReal, seconds >= 0, now - seconds <= timeout
            else { return nil }
            return Entry(seconds: seconds, domain: DomainID(number))
        }
    }

    private func entries(now: Int) throws(ToolstackError) -> [Entry] {
        guard let text = try Files.read(path, limit: 16 << 20) else { return [] }
        return Self.recent(text, now: now, timeout: timeout)
    }

    package func isRecent(_ domain: DomainID) throws(ToolstackError) -> Bool {
        try entries(now: Self.now()).contains { $0.domain == domain }
    }

    /// Notes that the domain ends now.
    package func record(_ domain: DomainID) throws(ToolstackError) {
        let lock = try FileLock.acquireBlocking(FilePath(path.string + ".lock"))
        defer { lock.release() }
        let now = Self.now()
        let entries = try entries(now: now) + [Entry(seconds: now, domain: domain)]
        let text = entries.map { "\($0.seconds) \($0.domain)\n" }.joined()
        try Files.replace(
            path, with: Array(text.utf8), temporary: FilePath(path.string + ".new"),
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}
