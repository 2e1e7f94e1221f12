import ArgumentParser
import XenToolstack

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
