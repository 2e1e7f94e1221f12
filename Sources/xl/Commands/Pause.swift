import ArgumentParser

struct PauseCommand: DomainActingCommand {
    static let configuration = named("pause", "Pause execution of a domain")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try toolstack.pause(toolstack.findDomain(domain))
        return .success
    }
}

struct UnpauseCommand: DomainActingCommand {
    static let configuration = named("unpause", "Unpause a paused domain")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await toolstack.unpause(toolstack.findDomain(domain))
        return .success
    }
}
