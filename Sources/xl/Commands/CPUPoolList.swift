import ArgumentParser
import XenToolstack

struct CPUPoolListCommand: XLCommand {
    static let configuration = named("cpupool-list", "List CPU pools on host")

    @Flag(name: [.short, .long], help: "Show the processors of each pool.") var cpus = false
    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only this pool: name or number.", completion: .pools) var pool: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let pools = if let pool { [try toolstack.findCPUPool(pool)] } else { try toolstack.cpuPools() }
        try choice.show(asJSON: json, { CPUPoolJSON.document(pools) }) {
            Output.print(CPUPoolText.table(pools, listsCPUs: cpus))
        }
        return .success
    }
}
