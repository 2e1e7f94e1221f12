import DomainModel
import Events

/// A device model that starts while the guest's memory is filled: most of what QEMU does at first, loading itself, has
/// nothing to do with the guest.
struct EarlyDeviceModel: Sendable {
    let plan: DeviceModelPlan
    private let toolstack: Toolstack
    private let start: Task<Void, any Error>

    /// Starts it.
    ///
    /// - Parameter build: with its vCPUs and its memory limit, but without its memory.
    init(_ build: DomainBuild, _ toolstack: Toolstack) throws(ToolstackError) {
        let plan = try DeviceModelPlan(build, toolstack.paths)
        (self.plan, self.toolstack) = (plan, toolstack)
        start = Task(executorPreference: EventLoop.shared.preference) { try await toolstack.start(plan) }
    }

    /// Whether QEMU needs nothing that comes after the guest's vCPUs: no disk that a script makes, no state to go on
    /// from. With memory on demand, the pages that QEMU takes for itself would count as the guest's.
    static func isPossible(for build: DomainBuild) -> Bool {
        let info = build.info
        return build.type == .hvm && build.origin == .boot && info.targetMemKB == info.maxMemKB
            && DeviceModelPlan.needed(by: build) && info.dmRestrict != true
            && build.configuration.disks.allSatisfy { $0.script == nil }
    }

    /// Returns when it says that it runs. What ended instead, and so may not want to start so early, gets a second try.
    func finish() async throws {
        let early = await withTaskCancellationHandler {
            await start.result
        } onCancel: {
            start.cancel()
        }
        try Task.checkCancellation()
        guard case .failure(let error) = early else { return }
        // One that says nothing has had its time.
        if let error = error as? ToolstackError, error.code == .timedOut { throw error }
        toolstack.logger.debug("the device model is started again: \(error)")
        try await toolstack.start(plan)
    }

    /// Ends it, also when it has not yet said that it runs.
    func stop() async {
        start.cancel()
        _ = await start.result
        await toolstack.stopDeviceModel(of: plan.domain)
    }
}
