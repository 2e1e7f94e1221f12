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
            try Output.print(json: FieldDocument.list(checks, Self.fields))
        } else {
            Output.print(checks.map(Self.text).joined(separator: "\n"))
        }
        return checks.allSatisfy(\.isFit) ? .success : .failure
    }

    /// The members of one device's document (`schemas/pci-check.schema.json`).
    static let fields: [Field<PCICheck>] = [
        Field("address") { $0.function.address.description }, Field("fit") { $0.isFit },
        Field("vendor_id") { $0.function.vendor }, Field("device_id") { $0.function.device },
        Field("class_code") { $0.function.classCode },
        Field("driver") { $0.function.driver?.lastComponent?.string },
        Field("findings") { FieldDocument.list($0.findings, findingFields) },
    ]

    private static let findingFields: [Field<PCICheck.Finding>] = [
        Field("severity") { $0.severity.rawValue }, Field("code") { $0.code }, Field("text") { $0.text },
        Field("remedy") { $0.remedy },
    ]

    static func text(_ check: PCICheck) -> String {
        let function = check.function
        let ids = "\(hexadecimal(function.vendor, width: 4)):\(hexadecimal(function.device, width: 4))"
        let kind = hexadecimal(function.classCode, width: 6)
        let verdict = check.isFit ? "can be given to a guest" : "cannot be given to a guest as things are"
        let lines = check.findings.flatMap { finding in
            ["  \(finding.severity.rawValue): \(finding.text)"] + (finding.remedy.map { ["    Remedy: \($0)"] } ?? [])
        }
        return (["\(function.address) (\(ids), class \(kind)) \(verdict)"] + lines).joined(separator: "\n")
    }
}
