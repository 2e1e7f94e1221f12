import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import YajlJSON

/// Creates a domain.
struct CreateCommand: ActingCommand {
    static let configuration = named(
        "create", "Create a domain from config file <filename>",
        usage: "<ConfigFile> [options] [vars]",
        discussion: """
            Words with an equals sign are lines of configuration that count after the file's, as in \
            'xl create web.cfg memory=512'. The file /dev/null is empty: everything then comes from such words.

            With --count N, N domains are created from one configuration, in which {n} stands for 1 to N, as in \
            name="web-{n}"; {n:03} has leading zeros, and {n:02x} is hexadecimal, for MAC addresses. Memory is checked \
            for all before the first is made. One that fails is taken back; the others are not.
            """)
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
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

    @Option(help: ArgumentHelp("Create so many domains.", valueName: "n")) var count: Int?
    @Option(help: ArgumentHelp("With --count: create so many at once.", valueName: "n")) var parallel = usualParallel

    init() {}

    func validate() throws {
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel must be from 1 to 64") }
        guard let count else { return }
        guard (1...Self.mostAtOnce).contains(count) else {
            throw ValidationError("--count must be from 1 to \(Self.mostAtOnce)")
        }
        if let flag = start.flagForOneDomain {
            throw ValidationError("\(flag) is for one domain, and --count for several")
        }
    }

    /// As many domains as a host can have, and more than one has.
    private static let mostAtOnce = 10_000
    private static let usualParallel = 4

    init?(_ words: PlainWords) {
        var words = words
        outcome = OutcomeFlag(json: false)
        start = StartFlags(&words)
        (isDebugging, isDryRun, isPlanOnly) = (words.take("d"), words.take("n"), false)
        (isQuiet, ignoresMasks, isStrict) = (words.take("q"), words.take("i"), false)
        (count, parallel) = (nil, Self.usualParallel)
        guard words.isDone, let operands = ConfigurationOperands(words: words.operands) else { return nil }
        self.operands = operands
    }

    var onlyShows: Bool { isDryRun || isPlanOnly }

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(negatedCodeOf: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let path = operands.path else {
            throw ToolstackError(.invalid, "no configuration file is given", remedy: "name it after 'xl create'")
        }
        if !isQuiet { Output.say("Parsing config from \(path)") }
        let global = try context.globalConfig()
        if let count { return try await createMany(count, path, global, in: context) }
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
            Output.print(bytes: try YajlEncoder().encode(await start.plan()))
            return .success
        }
        return try await start.run()
    }

    private func createMany(
        _ count: Int, _ path: String, _ global: GlobalConfig, in context: CommandContext
    ) async throws -> ExitStatus {
        let configurations = try context.configurations(
            path: path, words: operands.lines, count: count, global: global, ignoringMasks: ignoresMasks,
            isStrict: isStrict)
        for configuration in configurations {
            let text = try global.outputFormat.text(of: configuration)
            if isDryRun || context.options.isDryRun {
                Output.print(bytes: text)
            } else if isDebugging {
                Output.plainError(bytes: text)
            }
        }
        if isDryRun || context.options.isDryRun { return .success }
        let batch = BatchStart(configurations, start, global: global, in: context)
        if isPlanOnly {
            Output.print(bytes: try YajlEncoder().encode(await batch.plans()))
            return .success
        }
        return try await batch.run(atMost: parallel)
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

    /// What cannot be done with several domains, if it is wanted.
    var flagForOneDomain: String? {
        [(connectsConsole, "-c"), (staysInForeground, "-F"), (connectsDisplay, "-V"), (passesPassword, "-A")]
            .first(where: \.0)?.1
    }

    init() {}

    init(_ words: inout PlainWords) {
        (connectsConsole, hasNoMonitor, staysInForeground) = (words.take("c"), words.take("e"), words.take("F"))
        (staysPaused, connectsDisplay, passesPassword) = (words.take("p"), words.take("V"), words.take("A"))
    }
}
