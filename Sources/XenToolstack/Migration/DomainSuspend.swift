import DomainModel
import XenControl
import XenTypes

extension Toolstack {
    /// Brings a domain to suspend itself, and keeps it in memory until it is resumed.
    ///
    /// When that fails, or the task is cancelled, the domain goes on.
    ///
    /// - Throws: `guestTimedOut` when the guest does not suspend; `lockFail` while it is saved elsewhere.
    package func suspend(_ domain: DomainID) async throws(ToolstackError) {
        let failure = "cannot suspend domain \(domain)"
        guard domain != .control else {
            throw ToolstackError(.invalid, failure, domain: domain, cause: "it is the control domain")
        }
        try requireNotHandedOver(domain, failure)
        guard deviceModelDomain(of: domain) == nil else {
            throw ToolstackError(
                .notSupported, failure, domain: domain, cause: "its device model runs in a domain of its own")
        }
        let channel = try SuspendChannel(of: domain, self)
        defer { channel.release() }
        let type = try type(of: domain)
        try await GuestSuspension(toolstack: self, domain: domain, type: type, channel: channel).run()
        guard type == .hvm else { return }
        do throws(ToolstackError) {
            try await stopEmulation(of: domain)
        } catch {
            await toTheEnd { [self] in
                do throws(ToolstackError) { try await resume(domain) } catch {
                    logger.error("domain \(domain) stays suspended: \(error)")
                }
            }
            throw error
        }
    }

    private func stopEmulation(of domain: DomainID) async throws(ToolstackError) {
        try await withDeviceModel(of: domain, to: "stop the QEMU of domain \(domain)") { session in
            _ = try await session.execute("stop", within: timeouts.deviceModelCommand)
        }
    }
}
