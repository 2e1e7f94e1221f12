import ArgumentParser
import XenToolstack

struct VCPUSetCommand: DomainActingCommand {
    static let configuration = named("vcpu-set", "Set the number of active VCPUs allowed for the domain")

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: [.short, .long], help: "Don't limit the vCPU based on the host CPU count.") var ignoreHost = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "How many of its vCPUs the domain may use.") var count: UInt32

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        if !ignoreHost {
            let online = try toolstack.info(of: target).onlineVCPUs
            let cpus = try toolstack.hypervisor.maximumCPUs()
            guard count <= online || count <= cpus else {
                throw ToolstackError(
                    .invalid, "\(count) vCPUs are more than the \(cpus) CPUs of the host", domain: target,
                    remedy: "use --ignore-host if that is really wanted")
            }
        }
        try await toolstack.setOnlineVCPUs(count, of: target)
        return .success
    }
}
