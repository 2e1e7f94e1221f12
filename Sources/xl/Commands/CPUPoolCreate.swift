import ArgumentParser
import DomainConfig
import XenToolstack

struct CPUPoolCreateCommand: XLCommand {
    static let configuration = named(
        "cpupool-create", "Create a new CPU pool", usage: "[options] [<ConfigFile>] [Variable=value ...]",
        discussion: """
            Keys of the file, and of words with an equals sign that count after it:
              name    the pool's name; without it, that of the file
              sched   its scheduler; without it, the hypervisor's
              nodes   NUMA nodes whose free processors it gets
              cpus    its processors, where nodes is not given; without both it has none
            """)
    static let supportsDryRun = true

    @OptionGroup var operands: ConfigurationOperands
    @Flag(
        name: [.customShort("n"), .customLong("dryrun")],
        help: "Print the resulting configuration, and create nothing; as 'xl -N cpupool-create'.")
    var isDryRun = false
    @Flag(help: "Print the pool as a JSON document.") var json = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let path = operands.path
        let source: ConfigSource?
        do throws(ConfigFileError) {
            source = try path.map { path throws(ConfigFileError) in try ConfigSource(path: path) }
        } catch {
            CommandContext.print([error.diagnostic])
            return .failure
        }
        let result = CPUPoolConfig.parse(
            ConfigDocument(file: source, words: operands.lines),
            fileName: path.flatMap { $0.split(separator: "/").last.map(String.init) }, host: toolstack.topology())
        CommandContext.print(result.diagnostics)
        guard let configuration = result.pool else { return .failure }
        let plan = try toolstack.plan(configuration)
        if !json {
            Output.print(CPUPoolText.plan(plan, source: path ?? ConfigSource.commandLineName))
        }
        let isCreated = !isDryRun && !context.options.isDryRun
        let id =
            isCreated ? try await TerminationSignals.cancelling { try await toolstack.createCPUPool(plan) } : nil
        if json { try Output.print(json: CPUPoolJSON.plan(plan, id: id)) }
        return .success
    }
}
