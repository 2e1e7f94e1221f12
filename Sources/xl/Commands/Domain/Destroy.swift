import ArgumentParser
import XenToolstack
import XenTypes

struct DestroyCommand: DomainActingCommand {
    static let configuration = named("destroy", "Terminate a domain immediately")

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: .short, help: "Permit destroying domain 0.") var force = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    init() {}

    init?(_ words: PlainWords) {
        var words = words
        outcome = OutcomeFlag(json: false)
        force = words.take("f")
        guard words.isDone, words.operands.count == 1 else { return nil }
        domain = words.operands[0]
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        guard id != .control || force else {
            let text = """
                Not destroying domain 0; use -f to force.
                This can only be done when using a disaggregated hardware domain and toolstack.
                """
            Output.error(Fault(.invalid, text), words: text)
            return .failure
        }
        try await TerminationSignals.cancelling { try await toolstack.destroy(id) }
        return .success
    }
}
