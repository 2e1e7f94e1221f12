import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

/// `--json` of the commands that act.
struct OutcomeFlag: ParsableArguments {
    @Flag(help: "Print what was done as a JSON document, and errors as such.") var json = false

    init() {}
    init(json: Bool) { self.json = json }
}

/// A command that changes something: with `--json` it answers with what it did.
protocol ActingCommand: XLCommand {
    var outcome: OutcomeFlag { get }
    /// The word for the domain that it acts on, if there is one.
    var subject: String? { get }
    /// Whether it is asked to show what it would do, and so answers with that.
    var onlyShows: Bool { get }
}

/// One whose operand `domain` is what it acts on.
protocol DomainActingCommand: ActingCommand {
    var domain: String { get }
}

extension ActingCommand {
    var subject: String? { nil }
    var onlyShows: Bool { false }

    /// Does the work, and answers with its outcome.
    func runForOutcome(in context: CommandContext) async throws -> ExitStatus {
        guard !onlyShows, !context.options.isDryRun else { return try await run(in: context) }
        let start = ContinuousClock.now
        // Before the work: afterwards it may be gone.
        let domain = try subject.map { try context.toolstack.findDomain($0) }
        let status = try await Output.$answersAreRemarks.withValue(true) { try await run(in: context) }
        if context.subjects.isEmpty, status == .success, let domain { context.hasActed(on: domain) }
        let domains = context.subjects
        // One that did a part of what it was to do says with whom.
        guard status == .success || !domains.isEmpty else { return status }
        try Output.print(
            json: OutcomeJSON.document(
                command: Self._commandName, domains: domains, duration: ContinuousClock.now - start))
        return status
    }
}

extension DomainActingCommand {
    var subject: String? { domain }
}

/// What a command has done: `schemas/outcome.schema.json`.
enum OutcomeJSON {
    /// - Parameter domains: those that it acted on, or made.
    static func document(command: String, domains: [DomainID], duration: Duration) -> JSONValue {
        .object([
            ("command", .string(command)),
            ("domid", .count(domains.count == 1 ? domains.first?.rawValue : nil)),
            ("domids", .array(domains.map { .count($0.rawValue) })),
            ("duration_ms", .count(Int64(duration / .milliseconds(1)))),
        ])
    }
}
