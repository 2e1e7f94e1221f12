import ArgumentParser
import DomainConfig
import XenToolstack

struct ConfigUpdateCommand: DomainActingCommand {
    static let configuration = named(
        "config-update", "Update a running domain's saved configuration, used when rebuilding the domain after reboot.",
        usage: "<Domain> <ConfigFile> [options] [vars]",
        discussion: """
            The configuration takes effect when the domain starts the next time. Devices that are attached and \
            detached with their own commands are remembered without it.
            """)
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @OptionGroup var operands: ConfigurationOperands
    @Flag(name: .customShort("d"), help: "Print the resulting configuration.")
    var isDebugging = false
    @Flag(name: .customShort("q"), help: "Accepted and without effect.")
    var isQuiet = false

    func run(in context: CommandContext) async throws -> ExitStatus {
        Output.warning(
            "the toolstack keeps a domain's configuration up to date itself; avoid this command when possible")
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        guard let path = operands.path else {
            throw ToolstackError(.invalid, "no configuration file is given", remedy: "name it after the domain")
        }
        let global = try context.globalConfig()
        let lines = operands.lines
        let configuration = try context.configuration(path: path, words: lines, global: global, ignoringMasks: true)
        if isDebugging || context.options.isDryRun {
            Output.print(bytes: try global.outputFormat.textOfUpdate(configuration))
        }
        guard !context.options.isDryRun else { return .success }
        Output.plainError("setting dom\(id) configuration")
        var text = try ConfigSource(path: path).bytes
        if !lines.isEmpty { text += Array(("\n" + lines.map { "\($0)\n" }.joined() + "\n").utf8) }
        try toolstack.storeUpdate(text, for: id)
        return .success
    }
}
