import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import YajlJSON

/// Creates a domain.
struct CreateCommand: XLCommand {
    static let configuration = named(
        "create", "Create a domain from config file <filename>",
        usage: "<ConfigFile> [options] [vars]",
        discussion: """
            Words with an equals sign are lines of configuration that count after the file's, as in \
            'xl create web.cfg memory=512'. The file /dev/null is empty: everything then comes from such words.
            """)
    static let supportsDryRun = true

    @OptionGroup var operands: ConfigurationOperands
    @OptionGroup var start: StartFlags
    @Flag(name: .customShort("d"), help: "Print the resulting configuration.")
    var isDebugging = false
    @Flag(
        name: [.customShort("n"), .customLong("dryrun")],
        help: "Print the resulting configuration, and create nothing; as 'xl -N create'.")
    var isDryRun = false
    @Flag(name: .customLong("plan"), help: "Print as JSON what would be done, and do nothing.")
    var isPlanOnly = false
    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Do not say which file is read.")
    var isQuiet = false
    @Flag(
        name: [.customShort("i"), .customLong("ignore-global-affinity-masks")],
        help: "Ignore the CPU masks of xl.conf.")
    var ignoresMasks = false
    @Flag(
        name: .customLong("strict"),
        help:
            "Refuse a configuration in which something is wrong that upstream's xl passes over; as strict=1 in xl.conf."
    )
    var isStrict = false

    init() {}

    init?(_ words: PlainWords) {
        var words = words
        start = StartFlags(&words)
        (isDebugging, isDryRun, isPlanOnly) = (words.take("d"), words.take("n"), false)
        (isQuiet, ignoresMasks, isStrict) = (words.take("q"), words.take("i"), false)
        guard words.isDone, let operands = ConfigurationOperands(words: words.operands) else { return nil }
        self.operands = operands
    }

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(negatedCodeOf: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let path = operands.path else {
            throw ToolstackError(.invalid, "no configuration file is given", remedy: "name it after 'xl create'")
        }
        if !isQuiet { Output.say("Parsing config from \(path)") }
        let global = try context.globalConfig()
        let configuration = try context.configuration(
            path: path, words: operands.lines, global: global, ignoringMasks: ignoresMasks, isStrict: isStrict)
        if isDryRun || context.options.isDryRun {
            Output.print(bytes: try global.outputFormat.text(of: configuration))
            return .success
        }
        if isDebugging { Output.plainError(bytes: try global.outputFormat.text(of: configuration)) }
        return try await create(configuration, global: global, in: context)
    }

    private func create(
        _ configuration: DomainConfiguration, global: GlobalConfig, in context: CommandContext
    ) async throws -> ExitStatus {
        let start = DomainStart(configuration, self.start, global: global, in: context)
        if isPlanOnly {
            Output.print(
                bytes: try YajlEncoder().encode(await context.toolstack.plan(configuration, options: start.options)))
            return .success
        }
        return try await start.run()
    }
}

/// What `create` and `restore` do with a domain besides making it.
struct StartFlags: ParsableArguments {
    @Flag(name: .customShort("c"), help: "Connect to the console after the domain is created.")
    var connectsConsole = false
    @Flag(name: .customShort("e"), help: "Do not wait in the background for the death of the domain.")
    var hasNoMonitor = false
    @Flag(name: .customShort("F"), help: "Run in foreground until death of the domain.")
    var staysInForeground = false
    @Flag(name: .customShort("p"), help: "Leave the domain paused after it is created.")
    var staysPaused = false
    @Flag(
        name: [.customShort("V"), .customLong("vncviewer")],
        help: "Connect to the VNC display after the domain is created.")
    var connectsDisplay = false
    @Flag(
        name: [.customShort("A"), .customLong("vncviewer-autopass")],
        help: "As -V, and pass the VNC password to the viewer.")
    var passesPassword = false

    init() {}

    init(_ words: inout PlainWords) {
        (connectsConsole, hasNoMonitor, staysInForeground) = (words.take("c"), words.take("e"), words.take("F"))
        (staysPaused, connectsDisplay, passesPassword) = (words.take("p"), words.take("V"), words.take("A"))
    }
}
