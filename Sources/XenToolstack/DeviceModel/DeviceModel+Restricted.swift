import XenTypes
import YajlJSON

extension Toolstack {
    /// Waits until a restricted device model answers on its monitor, for it may not write to the store, and lets it go
    /// on: it was started stopped, so that it does nothing before anybody listens.
    func awaitMonitor(of plan: DeviceModelPlan) async throws(ToolstackError) {
        // With a saved state, QEMU answers when it has read it.
        let expected = plan.savedState == nil ? "prelaunch" : "paused"
        do {
            let socket = try QMPSocket(connectingTo: DeviceModelPlan.monitorSocket(plan.domain, paths))
            let session = try await QMPSession(socket, within: timeouts.deviceModelStart)
            let status = try await session.execute("query-status", within: timeouts.deviceModelCommand)["status"]?
                .string
            guard status == expected else {
                throw QMPError.malformed("its state is \(status ?? "unknown"), not \(expected)")
            }
            try await session.execute("cont", within: timeouts.deviceModelCommand)
        } catch let error as QMPError {
            throw ToolstackError(
                error.code, "cannot start the device model", domain: plan.domain, cause: error.cause)
        } catch {
            throw ToolstackError(.fail, "cannot start the device model", domain: plan.domain, underlying: error)
        }
    }
}
