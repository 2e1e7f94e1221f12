import ArgumentParser
import DomainConfig
import XenToolstack

struct USBControllerAttachCommand: DomainActingCommand {
    static let configuration = named(
        "usbctrl-attach", "Create a virtual USB controller for a domain",
        usage: "<Domain> [type=auto|pv|qusb|devicemodel] [version=1|2|3] [ports=N]",
        discussion: "The words are those of usbctrl= in a configuration.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the controller: key=value.") var specification: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let controller = try USBControllerSpec.parse(words: specification).printingWarnings()
        try await TerminationSignals.cancelling {
            _ = try await USBPassthrough(toolstack).attach(controller, to: target)
        }
        return .success
    }
}

struct USBControllerDetachCommand: DomainActingCommand {
    static let configuration = named(
        "usbctrl-detach", "Remove the virtual USB controller specified by <DevId> for a domain",
        usage: "<Domain> <DevId>", discussion: "What is at its ports is detached first.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Number of the controller, as xl usb-list shows it.") var controller: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard let number = UInt32(controller) else {
            throw ToolstackError(
                .notFound, "Unknown device \(controller).", remedy: "xl usb-list \(domain) shows those that there are")
        }
        try await TerminationSignals.cancelling {
            try await USBPassthrough(toolstack).detachController(number, from: target)
        }
        return .success
    }
}

struct USBDeviceAttachCommand: DomainActingCommand {
    static let configuration = named(
        "usbdev-attach", "Attach a USB device to a domain",
        usage: "[--force] <Domain> hostbus=BUS hostaddr=ADDRESS [controller=DEVID [port=PORT]]",
        discussion: """
            The words are those of usbdev= in a configuration. Without a controller, the device
            gets the first port that is free, of a new controller if need be.
            """)

    @OptionGroup var outcome: OutcomeFlag
    @Flag(help: "Also a device that this host needs, such as a disk with a file system that is mounted.") var force =
        false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the device: key=value.") var specification: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        let device = try USBDeviceSpec.parse(words: specification).printingWarnings()
        try await TerminationSignals.cancelling { [force] in
            _ = try await USBPassthrough(toolstack).attach(device, to: target, isForced: force)
        }
        return .success
    }
}

struct USBDeviceDetachCommand: DomainActingCommand {
    static let configuration = named(
        "usbdev-detach", "Detach a USB device from a domain", usage: "<Domain> <Controller> <Port>")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Number of the controller, or controller=NUMBER.") var controller: String
    @Argument(help: "Number of the port, or port=NUMBER.") var port: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard let id = Self.number(controller, "controller", UInt32.self),
            let port = Self.number(port, "port", Int32.self)
        else {
            throw ToolstackError(
                .notFound, "Unknown device at controller \(controller) port \(self.port).", domain: target,
                remedy: "xl usb-list \(domain) shows those that there are")
        }
        try await TerminationSignals.cancelling {
            try await USBPassthrough(toolstack).detach(port: port, of: id, from: target)
        }
        return .success
    }

    /// Upstream's manual has the words with a name before them, its command without.
    private static func number<Number: FixedWidthInteger>(_ word: String, _ name: String, _: Number.Type) -> Number? {
        Number(word.hasPrefix(name + "=") ? word.dropFirst(name.count + 1) : word[...])
    }
}

struct USBListCommand: XLCommand {
    static let configuration = named(
        "usb-list", "List information about all USB controllers and devices for a domain", usage: "[--json] <Domain>")

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: [domain], asJSON: json, choice, unknown: .fails,
            { [toolstack = context.toolstack] in try USBPassthrough(toolstack).controllers(of: $1) },
            Self.fields, text: Self.text)
    }

    /// The members of one controller's document (`schemas/usb-list.schema.json`).
    static let fields: [Field<USBControllerStatus>] = [
        Field("device_number") { $0.id }, Field("type") { $0.type.name },
        Field("backend_domid") { $0.backendDomain.rawValue }, Field("backend_path") { $0.backend?.description },
        Field("state") { controller in
            controller.backend.flatMap { _ in XenbusState(text: "\(controller.state)")?.name }
        },
        Field("usb_version") { $0.version < 0 ? nil : $0.version },
        Field("port_count") { $0.portCount < 0 ? nil : $0.portCount },
        Field("ports") { FieldDocument.list($0.ports, portFields) },
    ]

    private static let portFields: [Field<USBControllerStatus.Port>] = [
        Field("port") { $0.number }, Field("device") { $0.device }, Field("bus") { $0.bus },
        Field("address") { $0.address },
    ]

    private static let columns: [TableColumn<USBControllerStatus>] = [
        TableColumn("Devid", 6) { "\($0.id)" }, TableColumn("Type", 12) { $0.type.name },
        TableColumn("BE", 3) { "\($0.backendDomain)" }, TableColumn("state", 5) { "\($0.state)" },
        TableColumn("usb-ver", 7) { "\($0.version)" }, TableColumn("ports", 5) { "\($0.portCount)" },
    ]

    /// Upstream's tables, one a controller.
    static func text(_ controllers: [USBControllerStatus]) -> String {
        controllers.flatMap { controller in
            [TableColumn.table(columns, of: [controller])]
                + controller.ports.map { port in
                    guard let bus = port.bus, let address = port.address else { return "  Port \(port.number):" }
                    let place = "Bus \(hexadecimal(bus, width: 3)) Device \(hexadecimal(address, width: 3))"
                    return "  Port \(port.number): \(place)"
                }
        }.joined(separator: "\n")
    }
}
