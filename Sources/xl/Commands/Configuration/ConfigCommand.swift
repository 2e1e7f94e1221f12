import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import YajlJSON

/// Looks at configurations without creating anything.
struct ConfigCommand: XLCommand {
    enum Action: String, ExpressibleByArgument, CaseIterable {
        case check, show, diff, keys
    }

    static let configuration = named(
        "config", "Check, show or compare configurations, or list the keys they can have",
        discussion: """
            check FILE…   finds every mistake in the files; exits 1 if there is one
            show WHAT     prints the shortest configuration of a file or a domain
            diff A B      prints what two files or domains have not in common; exits 1 if there is something
            keys          lists the keys
            """)

    static let isUpstream = false

    @Argument(help: "check, show, diff or keys.") var action: Action
    @Argument(help: "Files, or domains for show and diff.") var operands: [String] = []
    @Flag(help: "check: let warnings count as errors.") var strict = false
    @Flag(help: "check: also look for what the files name on this host.") var host = false
    @Flag(help: "Answer in JSON.") var json = false

    func validate() throws {
        switch action {
        case .check where operands.isEmpty: throw ValidationError("config check needs a file")
        case .show where operands.count != 1: throw ValidationError("config show needs one file or domain")
        case .diff where operands.count != 2: throw ValidationError("config diff needs two files or domains")
        case .keys where !operands.isEmpty: throw ValidationError("config keys takes no operands")
        case .show, .diff, .keys:
            if strict || host { throw ValidationError("--strict and --host are for config check") }
        default: break
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        switch action {
        case .check: try check(context)
        case .show: try await show(context)
        case .diff: try await diff(context)
        case .keys: try keys()
        }
    }

    /// Prints a JSON document.
    static func print(json value: some Encodable) throws {
        Output.print(bytes: try YajlEncoder().encode(value))
    }

    /// The domain that a file or a running domain's name, number or UUID stands for. A file comes first.
    ///
    /// What would be drawn by lot or chosen anew by another creation is left out.
    /// - Throws: `ExitStatus.failure` when it cannot be read and what is wrong has been printed, or what
    ///   the search for a domain throws.
    func domain(_ operand: String, _ context: CommandContext) async throws -> DomainConfiguration {
        let source: ConfigSource
        do throws(ConfigFileError) {
            source = try ConfigSource(path: operand)
        } catch {
            guard error.isMissingFile, !operand.contains("/") else {
                CommandContext.print([error.diagnostic])
                throw ExitStatus.failure
            }
            return try await runningDomain(operand, context)
        }
        let environment = try context.configEnvironment()
        let document = ConfigDocument(file: source)
        let result = DomainConfigParser.parse(document, environment: environment)
        CommandContext.print(result.diagnostics.filter { $0.severity == .error })
        guard var configuration = result.configuration else { throw ExitStatus.failure }
        if !document.settings.contains(where: { $0.name == "uuid" }) { configuration.createInfo.uuid = nil }
        return configuration
    }

    private func runningDomain(_ name: String, _ context: CommandContext) async throws -> DomainConfiguration {
        let toolstack = context.toolstack
        return try await toolstack.currentConfiguration(of: toolstack.findDomain(name)).withoutChoices
    }
}
