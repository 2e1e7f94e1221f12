import ArgumentParser
import DomainConfig
import XenToolstack
import YajlJSON

/// A class of devices that also `xl WORD-attach` and `xl WORD-detach` know.
protocol AttachableDevices: ListedDevices where Kind.Device: Encodable {
    associatedtype Kind: DeviceClass
    /// The options of `xl WORD-detach`.
    associatedtype DetachOptions: DeviceDetachOptions = NoDetachOptions

    /// The key of a configuration whose words the operands are.
    static var key: String { get }
    /// What `xl WORD-attach --help` says of the operands.
    static var discussion: String { get }
    /// What it says of one.
    static var operand: ArgumentHelp { get }
    /// Whether there is no such device without any operand.
    static var needsOperand: Bool { get }
    /// Reads operands.
    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<Kind.Device>

    /// How the operand of `xl WORD-detach` names a device.
    static var naming: DeviceNaming { get }
    /// The kinds of devices that it looks among.
    static var kinds: [DeviceKind] { get }
    /// Refuses a device that cannot be detached.
    static func checkDetaching(_ device: DeviceStatus) throws(ToolstackError)
}

extension AttachableDevices {
    static var rows: [CommandRow] {
        [
            CommandRow(name: "\(word)-attach", command: DeviceAttachCommand<Self>.self), listing,
            CommandRow(name: "\(word)-detach", command: DeviceDetachCommand<Self>.self),
        ]
    }

    static var needsOperand: Bool { false }
    static var naming: DeviceNaming { .number }
    static var kinds: [DeviceKind] { [Kind.kind] }
    static func checkDetaching(_ device: DeviceStatus) throws(ToolstackError) {}
}

/// `xl WORD-attach`; in a dry run it prints what the operands mean.
struct DeviceAttachCommand<Devices: AttachableDevices>: DomainActingCommand {
    static var configuration: CommandConfiguration {
        named("\(Devices.word)-attach", "Create a new virtual \(Devices.noun)", discussion: Devices.discussion)
    }
    static var supportsDryRun: Bool { true }

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: Devices.operand) var specification: [String]

    init() {
        if !Devices.needsOperand { _specification = Argument(wrappedValue: [], help: Devices.operand) }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        // Upstream refuses an unknown domain before it reads the specification.
        let target = context.options.isDryRun ? nil : try context.toolstack.findDomain(domain)
        let device = try Devices.parse(specification, context).printingWarnings()
        guard let target else {
            let document = try YajlEncoder().encode(device)
            Output.print(bytes: Array("\(Devices.key): ".utf8) + document + [UInt8(ascii: "\n")])
            return .success
        }
        try await TerminationSignals.cancelling { [toolstack = context.toolstack] in
            _ = try await DeviceEngine(toolstack).attach(Devices.Kind.self, device, to: target)
        }
        return .success
    }
}

/// `xl WORD-detach`.
struct DeviceDetachCommand<Devices: AttachableDevices>: DomainActingCommand {
    static var configuration: CommandConfiguration {
        named("\(Devices.word)-detach", "Destroy a domain's virtual \(Devices.noun)")
    }

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var options: Devices.DetachOptions
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: Devices.naming.help) var device: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let target = try context.toolstack.findDomain(domain)
        let engine = DeviceEngine(context.toolstack)
        let naming = Devices.naming
        let devices = try engine.statuses(
            of: target, kinds: Devices.kinds, recordKeys: naming.recordKeys, frontendKeys: [])
        guard let found = devices.first(where: naming.matches(device)) else {
            throw ToolstackError(
                .notFound, naming.missing(device), domain: target,
                remedy: "xl \(Devices.word)-list \(domain) shows \(naming.listed)")
        }
        try Devices.checkDetaching(found)
        try await TerminationSignals.cancelling { [force = options.force] in
            try await engine.detach(Devices.Kind.self, found.address, force: force)
        }
        return .success
    }
}

/// What `xl WORD-detach` can be told besides the device.
protocol DeviceDetachOptions: ParsableArguments, Sendable {
    var force: DeviceEngine.Force { get }
}

/// A device goes in any case, once the guest has had its time.
struct NoDetachOptions: DeviceDetachOptions {
    var force: DeviceEngine.Force { .whenTimeIsUp }
}

extension ParsedSpec {
    /// What was read; what is to be said of it is printed.
    func printingWarnings() -> Value {
        for warning in warnings { Output.warning("\(warning)") }
        return value
    }
}
