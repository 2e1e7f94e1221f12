import Glibc
import Synchronization
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// A guest's suspend event channel, where it offers one, and the lock that lets one save at a time use the guest.
///
/// Upstream takes the same lock where the guest has the channel (`xc_suspend_evtchn_init_exclusive`).
final class SuspendChannel: Sendable {
    /// Where the guest can be asked, and answers, by event channel.
    struct Port: Sendable {
        var events: EventChannels
        var local: UInt32
    }

    let port: Port?
    private let path: FilePath
    private let lock: Mutex<CInt>

    /// - Throws: `lockFail` while another save or migration uses the guest.
    init(of domain: DomainID, _ toolstack: Toolstack) throws(ToolstackError) {
        path = toolstack.paths.run.appending("suspend-evtchn-\(domain).lock")
        let descriptor = try Self.acquire(path, domain)
        lock = Mutex(descriptor)
        var found: Port?
        do {
            found = try Self.bind(domain, toolstack)
        } catch {
            toolstack.logger.warning(
                "domain \(domain) offers a suspend event channel that cannot be used: \(error)")
        }
        port = found
    }

    deinit { release() }

    /// Lets others use the guest. Doing so again changes nothing.
    func release() {
        lock.withLock { descriptor in
            guard descriptor >= 0 else { return }
            unlink(path.string)
            close(descriptor)
            descriptor = -1
        }
    }

    /// - Returns: nil when the guest offers no channel.
    private static func bind(_ domain: DomainID, _ toolstack: Toolstack) throws -> Port? {
        let node = DomainPaths(domain).guest / "device/suspend/event-channel"
        guard let text = try toolstack.store.read(node), !text.isEmpty else { return nil }
        guard let remote = UInt32(text) else { return nil }
        let events = try EventChannels()
        let local = try events.bind(to: domain, port: remote)
        try toolstack.hypervisor.subscribeForSuspend(of: domain, port: remote)
        return Port(events: events, local: local)
    }

    /// `F_OFD_SETLK` of Linux: as the record locks that libxenguest takes, with which it collides, but the lock is the
    /// descriptor's and not the process's.
    private static let setLock: CInt = 37

    private static func acquire(_ path: FilePath, _ domain: DomainID) throws(ToolstackError) -> CInt {
        let failure = "cannot suspend domain \(domain)"
        while true {
            let descriptor = open(path.string, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw ToolstackError(.lockFail, failure, domain: domain, cause: "\(path): \(Errno(rawValue: errno))")
            }
            var range = flock()
            range.l_type = Int16(F_WRLCK)
            range.l_whence = Int16(SEEK_SET)
            range.l_len = 1
            guard fcntl(descriptor, setLock, &range) == 0 else {
                let code = errno
                close(descriptor)
                throw ToolstackError(
                    .lockFail, failure, domain: domain,
                    cause: code == EAGAIN || code == EACCES
                        ? "it is being saved or migrated already" : "\(path): \(Errno(rawValue: code))")
            }
            var (held, named) = (stat(), stat())
            if fstat(descriptor, &held) == 0, stat(path.string, &named) == 0, held.st_ino == named.st_ino {
                return descriptor
            }
            // Its last holder removed it while this one locked it.
            close(descriptor)
        }
    }
}
