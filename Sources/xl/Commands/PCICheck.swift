import ArgumentParser
import DomainConfig
import XenToolstack

struct PCICheckCommand: XLCommand {
    static let configuration = named(
        "pci-check", "Say whether PCI devices can be given to guests, and what is in the way",
        usage: "[--json] <BDF> ...",
        discussion: """
            Nothing is changed. For each device: whether there is an IOMMU, who has it, what this host uses it for, \
            whether the kernel can reset it, which other functions and devices belong to it, and its memory and ports. \
            It exits with 1 when one of the devices cannot be given to a guest.
            """)
    static let isUpstream = false

    @Flag(help: "Print the findings as a JSON document.") var json = false
    @Argument(help: "[DDDD:]BB:DD.F, as lspci shows it.") var bdf: [String]

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(pciCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let addresses = try bdf.map { try PCISpec.parseFunction($0) }
        let checks = try addresses.map { try context.toolstack.check($0) }
        if json {
            try Output.print(json: checks.map(PCICheckJSON.init))
        } else {
            Output.print(checks.map(PCICheckJSON.text).joined(separator: "\n"))
        }
        return checks.allSatisfy(\.isFit) ? .success : .failure
    }
}
