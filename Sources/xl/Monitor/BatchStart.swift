import DomainConfig
import DomainModel
import Events
import XenToolstack
import XenTypes

/// What `create --count` does: several domains of one configuration.
struct BatchStart: Sendable {
    private let configurations: [DomainConfiguration]
    private let flags: StartFlags
    private let global: GlobalConfig
    private let context: CommandContext

    init(
        _ configurations: [DomainConfiguration], _ flags: StartFlags, global: GlobalConfig, in context: CommandContext
    ) {
        (self.configurations, self.flags, self.global, self.context) = (configurations, flags, global, context)
    }

    private func start(_ configuration: DomainConfiguration) -> DomainStart {
        var start = DomainStart(configuration, flags, global: global, in: context)
        // Memory has been made free for all.
        start.options.balloonsControlDomain = false
        return start
    }

    func plans() async throws -> [CreatePlan] {
        var plans: [CreatePlan] = []
        for configuration in configurations {
            plans.append(try await start(configuration).plan())
        }
        return plans
    }

    /// Creates them, so many at once. One that fails, or has not been made when this is interrupted, is taken back; the
    /// others stay.
    func run(atMost limit: Int) async throws -> ExitStatus {
        let conflicts = DomainBatch.conflicts(in: configurations)
        guard conflicts.isEmpty else {
            throw ToolstackError(
                .invalid, "cannot create \(configurations.count) domains", cause: conflicts.joined(separator: "; "),
                remedy: "write {n} where each has a number of its own, as in name=\"web-{n}\"")
        }
        return try await TerminationSignals.cancelling { [self] in
            let lock = try await context.toolstack.prepareMemory(
                for: configurations, options: CreateOptions(global, on: context.toolstack))
            defer { lock?.release() }
            let made = await configurations.concurrentMap(atMost: limit) { await create($0) }
            let count = made.count { $0 == true }
            Output.print("\(count) of \(configurations.count) domains were created.")
            Output.flush()
            try Task.checkCancellation()
            return count == configurations.count ? .success : .failure
        }
    }

    /// - Returns: whether the domain was made; what went wrong is printed.
    private func create(_ configuration: DomainConfiguration) async -> Bool {
        let name = configuration.createInfo.name ?? ""
        do {
            let domain = try await start(configuration).start()
            Output.say("\(name): domain \(domain)")
            return true
        } catch {
            Output.error(error, of: name)
            return false
        }
    }
}
