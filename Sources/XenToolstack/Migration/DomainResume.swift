import DomainModel
import XenControl
import XenTypes

extension Toolstack {
    /// Lets a domain go on that is suspended.
    ///
    /// - Parameter cooperative: tell the guest that it was not restored, so that it keeps its connections. Guests whose
    ///   drivers cannot do that need false.
    /// - Throws: `invalid` when it is not suspended.
    package func resume(_ domain: DomainID, cooperative: Bool = true) async throws(ToolstackError) {
        let info = try info(of: domain)
        guard info.shutdownReason == .suspend else {
            throw ToolstackError(
                .invalid, "cannot resume domain \(domain)", domain: domain, cause: "it is not suspended")
        }
        await store.awaitRecovery(within: timeouts.storeRecovery)
        if try type(of: domain) == .hvm { try await resumeDeviceModel(of: domain) }
        do {
            try hypervisor.resumeDomain(domain, cooperative: cooperative)
            var outcome = Result<Void, any Error>.success(())
            await againAfterLapse { outcome = Result { try store.resume(domain) } }
            try outcome.get()
        } catch {
            throw ToolstackError(.fail, "cannot resume domain \(domain)", domain: domain, underlying: error)
        }
    }
}
