import ArgumentParser
import XenToolstack

struct SharingCommand: XLCommand {
    static let configuration = named("sharing", "Get information about page sharing")

    @Flag(help: "Print it as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only this domain: name, number or UUID.", completion: .domains) var domain: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let only = try domain.map { try toolstack.findDomain($0) }
        let domains = try toolstack.listDomains(only: only)
        if domains.allSatisfy({ $0.info.sharedPages == 0 }), let cause = toolstack.absence(of: .memorySharing) {
            Output.warning("no domain shares memory: \(cause)")
        }
        try choice.show(asJSON: json, { DomainListJSON.sharing(domains) }) {
            Output.print(DomainListText.sharing(domains))
        }
        return .success
    }
}

struct ClaimsCommand: XLCommand {
    static let configuration = named("claims", "List outstanding claim information about all domains")

    @Flag(help: "Print it as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice

    func run(in context: CommandContext) async throws -> ExitStatus {
        if try !context.globalConfig().claimMode {
            Output.plainError("claim_mode not enabled (see man xl.conf).")
        }
        let domains = try context.toolstack.listDomains()
        try choice.show(asJSON: json, { DomainListJSON.claims(domains) }) {
            Output.print(DomainListText.table(domains, .claims))
        }
        return .success
    }
}
