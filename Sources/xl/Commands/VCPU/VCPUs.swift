import ArgumentParser
import DomainConfig
import XenToolstack
import XenTypes

struct VCPUListCommand: XLCommand {
    static let configuration = named("vcpu-list", "List the VCPUs for all/some domains")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only these domains: name, number or UUID.", completion: .domains) var domains: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let wanted = try domains.map { try toolstack.findDomain($0) }
        let listed = try toolstack.listVCPUs(of: wanted)
        let cpus = try toolstack.cpuNumberLimit()
        try choice.show(asJSON: json, { VCPUList.document(listed, cpuCount: cpus) }) {
            Output.print(VCPUList.table(listed, cpuCount: cpus))
        }
        return .success
    }
}

struct VCPUPinCommand: DomainActingCommand {
    static let configuration = named(
        "vcpu-pin", "Set which CPUs a VCPU can use",
        usage: "[option] <Domain> <VCPU|all> <Hard affinity|-|all> [<Soft affinity|-|all>]",
        discussion: """
            CPUs are given as in cpus= of a configuration: 0-3,^2 or node:1. A dash leaves that kind of affinity as \
            it is.
            """)
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: .shortAndLong, help: "Also undo an override pinning done by the guest's kernel.") var force = false
    @Flag(
        name: [.customShort("i"), .customLong("ignore-global-affinity-masks")],
        help: "Ignore the CPU masks of xl.conf.")
    var ignoresMasks = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The vCPU's number, or all.") var vcpu: String
    @Argument(help: "CPUs that the vCPU may use.") var hard: String
    @Argument(help: "CPUs that it prefers.") var soft: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let number = UInt32(vcpu)
        guard number != nil || vcpu == "all" else {
            Output.error("Invalid argument \(vcpu) as VCPU")
            return .failure
        }
        guard number != nil || !force else {
            Output.error("--force and 'all' as VCPU not allowed")
            return .failure
        }
        let host = toolstack.topology()
        var hard = try Self.cpus(hard, host)
        let soft = try soft.flatMap { try Self.cpus($0, host) }
        if context.options.isDryRun {
            let count = try toolstack.cpuNumberLimit()
            let shown = [hard?.rangeText(count: count) ?? "-", soft?.rangeText(count: count)].compactMap { $0 }
            Output.print("cpumap: " + shown.joined(separator: " "))
            return .success
        }
        if let wanted = hard, !ignoresMasks {
            let masks = try context.globalConfig().cpuMasks(for: toolstack.type(of: target), host: host)
            let allowed = masks.reduce(wanted) { $0.intersection($1) }
            guard !allowed.isEmpty else {
                throw ToolstackError(
                    .invalid, "vcpu hard affinity map is empty", domain: target,
                    cause: "the masks of xl.conf allow none of these CPUs", remedy: "use -i to ignore them")
            }
            hard = allowed
        }
        guard hard != nil || soft != nil || force else {
            throw ToolstackError(.invalid, "there is nothing to set", domain: target, remedy: "give CPUs")
        }
        try toolstack.setAffinity(hard: hard, soft: soft, ofVCPU: number, of: target, overriding: force)
        return .success
    }

    private static func cpus(_ text: String, _ host: HostTopology?) throws -> Bitmap? {
        guard text != "-" else { return nil }
        let parsed = try CPUList.parse(bytes: text.unescapedBytes, host: host)
        for warning in parsed.warnings { Output.warning("\(warning)") }
        return parsed.value
    }
}

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
            let cpus = try toolstack.cpuNumberLimit()
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
