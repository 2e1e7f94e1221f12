import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

struct PCIAttachCommand: DomainActingCommand {
    static let configuration = named(
        "pci-attach", "Insert a new pass-through pci device", usage: "<Domain> <PCI_SPEC_STRING>",
        discussion: "xl pci-check says beforehand whether the device can be given to guests.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "[DDDD:]BB:DD.F[@VSLOT][,OPTION=VALUE], as in pci= of a configuration.") var specification: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(pciCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let device = try PCISpec.device(specification)
        try await TerminationSignals.cancelling {
            try await PCIPassthrough(toolstack).attach(device, to: target)
        }
        return .success
    }
}

struct PCIDetachCommand: DomainActingCommand {
    static let configuration = named(
        "pci-detach", "Remove a domain's pass-through pci device", usage: "[-f] <Domain> <PCI_SPEC_STRING>")

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: [.customShort("f"), .long], help: "Take it away also when the guest does not let go of it.") var force =
        false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "[DDDD:]BB:DD.F, or name=NAME.") var specification: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(pciCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let device = try PCISpec.device(specification)
        try await TerminationSignals.cancelling {
            try await PCIPassthrough(toolstack).detach(device, from: target, isForced: force)
        }
        return .success
    }
}

struct PCIListCommand: XLCommand {
    static let configuration = named(
        "pci-list", "List pass-through pci devices for a domain", usage: "[--json] <Domain>")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let devices = try PCIPassthrough(toolstack).devices(of: toolstack.findDomain(domain))
        try choice.show(devices, Self.fields, asJSON: json) {
            if !devices.isEmpty { Output.print(TableColumn.table(Self.columns, of: devices)) }
        }
        return .success
    }

    static let columns: [TableColumn<PassedPCIDevice>] = [
        TableColumn("Vdev", 4) { "\(hexadecimal($0.virtualSlot, width: 2)).\($0.virtualFunction)" },
        TableColumn("Device", 0) { "\($0.address)" },
    ]

    /// The members of one device's document (`schemas/pci-list.schema.json`).
    static let fields: [Field<PassedPCIDevice>] = [
        Field("domid") { $0.domain.rawValue }, Field("address") { $0.address.description }, Field("name") { $0.name },
        Field("virtual_slot") { $0.virtualSlot }, Field("virtual_function") { $0.virtualFunction },
        Field("permissive") { option("permissive", of: $0) == "1" },
        Field("msitranslate") { option("msitranslate", of: $0) == "1" },
        Field("power_mgmt") { option("power_mgmt", of: $0) == "1" },
        Field("rdm_policy") { option("rdm_policy", of: $0) },
    ]

    private static func option(_ key: String, of device: PassedPCIDevice) -> String? {
        let words = (device.options ?? "").split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
        return words.first { $0.first.map { $0 == key } ?? false }?.dropFirst().first.map { String($0) }
    }
}

extension PCISpec {
    /// The device that a specification of one word means; its warnings are printed.
    fileprivate static func device(_ word: String) throws -> PCIDevice {
        try parse(bytes: word.unescapedBytes, into: PCIDevice()).printingWarnings()
    }
}
