import ArgumentParser
import XenToolstack

struct DomIDCommand: XLCommand {
    static let configuration = named("domid", "Convert a domain name to domain id")

    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(help: "The domain: name, number or UUID.", completion: .domains) var domain: String

    init() {}

    init?(_ words: PlainWords) {
        guard words.isDone, words.operands.count == 1 else { return nil }
        (json, domain) = (false, words.operands[0])
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let domid = try context.toolstack.findDomain(domain)
        if json {
            try Output.print(json: DomainListJSON.identity(domid, name: try context.toolstack.name(of: domid)))
        } else {
            Output.print("\(domid)")
        }
        return .success
    }
}

struct DomNameCommand: XLCommand {
    static let configuration = named("domname", "Convert a domain id to domain name")

    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(help: "The domain: number, name or UUID.", completion: .domains) var domain: String

    init() {}

    init?(_ words: PlainWords) {
        guard words.isDone, words.operands.count == 1 else { return nil }
        (json, domain) = (false, words.operands[0])
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let domid = try context.toolstack.findDomain(domain)
        guard let name = try context.toolstack.name(of: domid) else {
            throw ToolstackError(.notFound, "domain \(domid) has no name", domain: domid)
        }
        if json {
            try Output.print(json: DomainListJSON.identity(domid, name: name))
        } else {
            Output.print(name.escapingControls)
        }
        return .success
    }
}

struct RenameCommand: DomainActingCommand {
    static let configuration = named("rename", "Rename a domain")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The new name; no other domain may have it.") var newName: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        try toolstack.rename(toolstack.findDomain(domain), to: newName)
        return .success
    }
}
