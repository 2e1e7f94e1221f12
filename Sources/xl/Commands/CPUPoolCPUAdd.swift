import ArgumentParser
import XenToolstack

struct CPUPoolCPUAddCommand: XLCommand {
    static let configuration = named(
        "cpupool-cpu-add", "Adds a CPU to a CPU pool", usage: "<CPU Pool> <CPU nr>|node:<node nr>",
        discussion: "The processors are a list such as 0-3,^2,node:1. They must be in no other pool.")

    @Argument(help: "Name or number of the pool.") var pool: String
    @Argument(help: "The processors.") var cpus: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let list = try toolstack.cpus(cpus)
        let target = try toolstack.findCPUPool(pool)
        return CPUPoolText.report(try toolstack.add(list, to: target), "cannot be added")
    }
}
