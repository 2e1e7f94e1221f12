import ArgumentParser

struct PauseCommand: XLCommand {
    static let configuration = named("pause", "Pause execution of a domain")

    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try toolstack.pause(toolstack.findDomain(domain))
        return .success
    }
}

struct UnpauseCommand: XLCommand {
    static let configuration = named("unpause", "Unpause a paused domain")

    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await toolstack.unpause(toolstack.findDomain(domain))
        return .success
    }
}
