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

    @Argument(help: "The configuration file, and lines of configuration.", completion: .file())
    var words: [String] = []
    @OptionGroup var start: StartFlags
    @Flag(name: .customShort("d"), help: "Print the resulting configuration.")
    var isDebugging = false
    @Option(
        name: [.customShort("f", allowingJoined: true), .customLong("defconfig")],
        help: "Use the given configuration file.", completion: .file())
    var file: String?
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

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(negatedCodeOf: error) }

    func validate() throws { _ = try Self.configurationFile(file, words) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let path = try Self.configurationFile(file, words) else {
            throw ToolstackError(.invalid, "no configuration file is given", remedy: "name it after 'xl create'")
        }
        if !isQuiet { Output.plainError("Parsing config from \(path.escapingControls)") }
        let global = try context.globalConfig()
        let configuration = try context.configuration(
            path: path, words: Self.lines(words), global: global, ignoringMasks: ignoresMasks)
        if isDryRun || context.options.isDryRun {
            Output.print(bytes: try global.outputFormat.text(of: configuration))
            return .success
        }
        if isDebugging { Output.plainError(bytes: try global.outputFormat.text(of: configuration)) }
        return try await create(configuration, global: global, in: context)
    }

    /// The words that are lines of configuration.
    static func lines(_ words: [String]) -> [String] { words.filter { $0.contains("=") } }

    /// The file that options and words name; `-f` comes before a word.
    ///
    /// - Throws: a usage error when they name several.
    static func configurationFile(_ option: String?, _ words: [String]) throws -> String? {
        let names = (option.map { [$0] } ?? []) + words.filter { !$0.contains("=") }
        guard names.count <= 1 else {
            throw ValidationError("more than one configuration file: \(names.joined(separator: ", "))")
        }
        return names.first
    }

    private func create(
        _ configuration: DomainConfiguration, global: GlobalConfig, in context: CommandContext
    ) async throws -> ExitStatus {
        let start = DomainStart(configuration, self.start, global: global, in: context)
        if isPlanOnly {
            Output.print(bytes: try YajlEncoder().encode(context.toolstack.plan(configuration, options: start.options)))
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
}
