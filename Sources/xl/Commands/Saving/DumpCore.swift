import ArgumentParser
import SystemPackage

struct DumpCoreCommand: DomainActingCommand {
    static let configuration = named("dump-core", "Core dump a domain", usage: "<Domain> <filename>")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The file to write.", completion: .file()) var file: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try await toolstack.dumpCore(of: toolstack.findDomain(domain), to: FilePath(file))
        return .success
    }
}
