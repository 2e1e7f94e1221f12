import ArgumentParser

struct CPUPoolNUMASplitCommand: ActingCommand {
    static let configuration = named(
        "cpupool-numa-split", "Splits up the machine into one CPU pool per NUMA node",
        discussion: """
            dom0 stays with the first node, in the pool that is then called Pool-node0, and gives up the virtual CPUs
            that this node has no processors for.
            """)

    @OptionGroup var outcome: OutcomeFlag

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await TerminationSignals.cancelling { try await toolstack.splitCPUPools() }
        return .success
    }
}
