import SystemPackage
import XenTypes

/// The kernel's backend devices of dom0, as `/sys/bus/xen-backend/devices` lists them: `vbd-DOMID-DEVID`.
enum BackendRelease {
    static let directory: FilePath = "/sys/bus/xen-backend/devices"

    /// Whether an entry of the directory belongs to a domain.
    static func belongs(_ entry: some StringProtocol, to domain: DomainID) -> Bool {
        let parts = entry.split(separator: "-")
        return parts.count == 3 && parts[1] == String(domain.rawValue)
    }

    static func remaining(of domain: DomainID) -> [String] {
        Files.names(in: directory).filter { belongs($0, to: domain) }
    }
}

extension Toolstack {
    /// Waits until dom0's kernel has let go of a domain's devices.
    ///
    /// Its backends go only after their nodes did, and hold the image or the interface's name until then: a domain
    /// that is created meanwhile may find its disk "in use". The kernel does not tell, so this looks again and again.
    func awaitBackendRelease(of domain: DomainID) async {
        let clock = ContinuousClock()
        let deadline = clock.now + timeouts.deviceDestroy
        var interval = Duration.milliseconds(1)
        while true {
            let left = BackendRelease.remaining(of: domain)
            if left.isEmpty { return }
            guard clock.now < deadline else {
                logger.warning("dom0's kernel still holds \(left.joined(separator: ", ")) of domain \(domain)")
                return
            }
            // Also while this task is cancelled: what is taken back must be gone when the command ends.
            await toTheEnd { [interval] in try? await idle(for: interval) }
            interval = min(interval * 2, .milliseconds(50))
        }
    }
}
