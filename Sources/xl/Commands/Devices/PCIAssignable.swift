import ArgumentParser
import DomainConfig
import XenToolstack

struct PCIAssignableAddCommand: ActingCommand {
    static let configuration = named(
        "pci-assignable-add", "Make a device assignable for pci-passthru", usage: "[options] <BDF>",
        discussion: """
            The device is taken from its driver and given to pciback, which holds devices for guests \
            (modprobe xen-pciback). pci-assignable-remove -r gives it back. A device that this host needs, such as the \
            controller of the disk that / is on, the only network card that is connected or a bridge, is refused without --force.
            """)

    @OptionGroup var outcome: OutcomeFlag
    @Option(name: [.short, .long], help: "Name the assignable device.") var name: String?
    @Flag(help: "Take the device also when this host needs it.") var force = false
    @Argument(help: "[DDDD:]BB:DD.F, as lspci shows it.") var bdf: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(pciCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let address = try PCISpec.parseFunction(bdf)
        try await context.toolstack.makeAssignable(address, name: name, isForced: force)
        return .success
    }
}

struct PCIAssignableRemoveCommand: ActingCommand {
    static let configuration = named(
        "pci-assignable-remove", "Remove a device from being assignable", usage: "[options] <BDF>|NAME")

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: [.customShort("r"), .long], help: "Give the device back to the driver that had it.") var rebind = false
    @Argument(help: "[DDDD:]BB:DD.F, as lspci shows it, or the device's name.") var device: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(pciCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let address = try toolstack.pciDevice(named: device) ?? PCISpec.parseFunction(device)
        try await toolstack.endAssignability(of: address, givesBack: rebind)
        return .success
    }
}

struct PCIAssignableListCommand: XLCommand {
    static let configuration = named(
        "pci-assignable-list", "List all the assignable pci devices", usage: "[options]")

    @Flag(name: [.customShort("n"), .long], help: "Display assignable device names where supplied.") var showNames =
        false
    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice

    func run(in context: CommandContext) async throws -> ExitStatus {
        let devices = try context.toolstack.assignablePCIDevices()
        try choice.show(devices, Self.fields, asJSON: json) {
            // The blank stands before a name, also before none.
            for device in devices { Output.print("\(device.function.address) \(showNames ? device.name ?? "" : "")") }
        }
        return .success
    }

    /// The members of one device's document (`schemas/pci-assignable-list.schema.json`).
    static let fields: [Field<AssignablePCIDevice>] = [
        Field("address") { $0.function.address.description }, Field("name") { $0.name },
        Field("former_driver") { $0.formerDriver }, Field("vendor_id") { $0.function.vendor },
        Field("device_id") { $0.function.device }, Field("class_code") { $0.function.classCode },
    ]
}

extension ExitStatus {
    /// What the commands for PCI devices exit with: 2 for what is no address or specification.
    init(pciCode error: any Error) { self = error is SpecError ? .usage : .failure }
}
