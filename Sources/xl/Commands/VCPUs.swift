import ArgumentParser
import XenToolstack

struct VCPUListCommand: XLCommand {
    static let configuration = named("vcpu-list", "List the VCPUs for all/some domains")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only these domains: name, number or UUID.", completion: .domains) var domains: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let wanted = try domains.map { try toolstack.findDomain($0) }
        let listed = try toolstack.listVCPUs(of: wanted)
        let cpus = try toolstack.hypervisor.maximumCPUs()
        try choice.show(asJSON: json, { VCPUList.document(listed, cpuCount: cpus) }) {
            Output.print(VCPUList.table(listed, cpuCount: cpus))
        }
        return .success
    }
}
