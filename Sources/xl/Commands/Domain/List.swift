import ArgumentParser
import DomainModel
import XenToolstack
import XenTypes

struct ListCommand: XLCommand {
    static let configuration = named("list", "List information about all/some domains")

    @Flag(name: [.short, .long], help: "Show each domain's whole configuration as JSON.") var long = false
    @Flag(name: [.short, .long], help: "Also show UUID, shutdown code and security label.") var verbose = false
    @Flag(name: [.customShort("Z"), .long], help: "Also show the security label.") var context = false
    @Flag(name: [.short, .long], help: "Also show the CPU pool.") var cpupool = false
    @Flag(name: [.customShort("n"), .long], help: "Also show the NUMA node affinity.") var numa = false
    @Flag(help: "Also show the addresses that an agent in the guest has published.") var ip = false
    @Flag(help: "Print all of it as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Only this domain: name, number or UUID.", completion: .domains) var domain: String?

    init() {}

    init?(_ words: PlainWords) {
        var words = words
        (long, verbose, context) = (words.take("l"), words.take("v"), words.take("Z"))
        (cpupool, numa, ip, json) = (words.take("c"), words.take("n"), false, false)
        choice = FieldChoice(bare: nil)
        guard words.isDone, words.operands.count <= 1 else { return nil }
        domain = words.operands.first
    }

    func validate() throws {
        if json && long { throw ValidationError("--json and --long are two different documents: give one of them") }
        if long && !choice.names.isEmpty { throw ValidationError("fields are those of --json, not of --long") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let only = try domain.map { try toolstack.findDomain($0) }
        if long { return try await showDetails(only, in: context) }
        let domains = try toolstack.listDomains(only: only, details: details)
        try choice.show(asJSON: json, { DomainListJSON.document(domains) }) {
            let nodes = numa ? try toolstack.nodeNumberLimit() : 0
            Output.print(DomainListText.table(domains, columns, nodeCount: nodes))
        }
        return .success
    }

    private func showDetails(_ only: DomainID?, in context: CommandContext) async throws -> ExitStatus {
        let format = try context.globalConfig().outputFormat
        var domains: [DetailedDomain] = []
        for domain in try context.toolstack.listDomains(only: only) {
            let configuration: Result<DomainConfiguration, DetailedDomain.Problem>
            do {
                configuration = .success(try await context.toolstack.currentConfiguration(of: domain.info.domain))
            } catch {
                Output.warning("\(error)")
                configuration = .failure(DetailedDomain.Problem(text: "\(error)"))
            }
            domains.append(
                DetailedDomain(domain: domain.info.domain, uuid: domain.info.uuid, configuration: configuration))
        }
        Output.print(bytes: try format.text(of: domains))
        return .success
    }

    private var columns: DomainListText.Columns {
        var columns: DomainListText.Columns = []
        if verbose { columns.insert(.verbose) }
        if context { columns.insert(.securityLabel) }
        if cpupool { columns.insert(.pool) }
        if numa { columns.insert(.nodeAffinity) }
        if ip { columns.insert(.addresses) }
        return columns
    }

    private var details: DomainDetails {
        guard choice.names.isEmpty else { return Self.details(for: choice.names) }
        if json { return .all }
        var details: DomainDetails = []
        if verbose || context { details.insert(.securityLabel) }
        if cpupool { details.insert(.pool) }
        if numa { details.insert(.nodeAffinity) }
        if ip { details.insert(.addresses) }
        return details
    }

    /// What fields need beside what is known of every domain.
    static func details(for fields: [String]) -> DomainDetails {
        let wanted = Set(fields.compactMap { $0.split(separator: ".").first.map(String.init) })
        return DomainDetails(sources.filter { wanted.contains($0.key) }.map(\.value))
    }

    private static let sources: [String: DomainDetails] = [
        "security_label": .securityLabel, "cpupool": .pool, "node_affinity": .nodeAffinity, "type": .type,
        "device_model": .deviceModel, "started_at_s": .startTime, "addresses": .addresses,
    ]
}

struct VMListCommand: XLCommand {
    static let configuration = named("vm-list", "List guest domains, excluding dom0, stubdoms, etc.")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice

    func run(in context: CommandContext) async throws -> ExitStatus {
        let machines = try context.toolstack.listVirtualMachines()
        try choice.show(asJSON: json, { DomainListJSON.machines(machines) }) {
            Output.print(Self.table(machines))
        }
        return .success
    }

    static func table(_ machines: [ListedDomain]) -> String {
        let rows = machines.map { "\($0.info.uuid)  \($0.info.domain)    \($0.name.shownName.padded(to: 30))" }
        return (["UUID                                  ID    name"] + rows).joined(separator: "\n")
    }
}
