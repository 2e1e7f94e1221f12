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

struct SuspendCommand: DomainActingCommand {
    static let configuration = named("suspend", "Suspend a domain to RAM")

    /// Upstream has it from Xen 4.18 on.
    static let isUpstream = false

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await toolstack.suspend(toolstack.findDomain(domain))
        return .success
    }
}

struct ResumeCommand: DomainActingCommand {
    static let configuration = named("resume", "Resume a domain from RAM")

    /// Upstream has it from Xen 4.18 on.
    static let isUpstream = false

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await toolstack.resume(toolstack.findDomain(domain))
        return .success
    }
}
