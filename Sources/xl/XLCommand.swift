import ArgumentParser
import XenToolstack

/// One subcommand of `xl`: a type in a file of `Commands`, by its subject, and a row in `CommandTable`.
///
/// `configuration` gives the name, an abstract of one line and what `--help` says besides the options.
protocol XLCommand: ParsableCommand, Sendable {
    /// Whether `xl -N COMMAND` is allowed; the command then looks at `context.options.isDryRun`.
    static var supportsDryRun: Bool { get }

    /// Whether upstream's xl has the command. A prefix means one of those first, so that a new command never makes
    /// an abbreviation of an old one ambiguous.
    static var isUpstream: Bool { get }

    /// The command with these operands and options.
    ///
    /// Commands that scripts call often have it: what the parser of options learns by reflection takes longer than all
    /// else that they do.
    /// - Returns: nil when the command has no such form or these are not its words; the parser then says why.
    init?(_ words: PlainWords)

    /// What `xl` exits with when `run(in:)` throws `error`.
    static func exitStatus(for error: any Error) -> ExitStatus

    /// Does the work. Whatever it throws is printed, unless it is an `ExitStatus`.
    func run(in context: CommandContext) async throws -> ExitStatus
}

extension XLCommand {
    static var supportsDryRun: Bool { false }

    static var isUpstream: Bool { true }

    init?(_ words: PlainWords) { nil }

    static func exitStatus(for error: any Error) -> ExitStatus { .failure }

    /// A configuration whose help names the command as it is typed.
    ///
    /// - Parameters:
    ///   - abstract: what the list of commands says; upstream's words where it has the command.
    ///   - usage: what may follow the name; without it, it is made from the options and operands.
    static func named(
        _ name: String, _ abstract: String, usage: String? = nil, discussion: String = "", isListed: Bool = true
    ) -> CommandConfiguration {
        CommandConfiguration(
            commandName: name, _superCommandName: "xl", abstract: abstract, usage: usage.map { "xl \(name) \($0)" },
            discussion: discussion, shouldDisplay: isListed, helpNames: [.short, .long])
    }
}

/// What the shells' completions ask the running host for, by `completions/words`, which `make install` puts there.
extension CompletionKind {
    static var domains: CompletionKind { .shellCommand("/usr/lib/swift-xl/words domains") }
    static var pools: CompletionKind { .shellCommand("/usr/lib/swift-xl/words pools") }
}
