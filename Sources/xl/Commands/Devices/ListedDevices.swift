import ArgumentParser
import XenToolstack
import XenTypes

/// A device as a list shows it.
protocol ListedDevice: Sendable {
    var device: DeviceStatus { get }
}

extension DeviceStatus: ListedDevice {
    var device: DeviceStatus { self }
}

/// A class of devices that `xl WORD-list` shows: a file in this folder, and a row in `DeviceTable`.
protocol ListedDevices: Sendable {
    associatedtype Device: ListedDevice

    /// The word that its commands begin with: "network".
    static var word: String { get }
    /// What upstream's help calls such a device: "network device".
    static var noun: String { get }
    /// Its commands.
    static var rows: [CommandRow] { get }

    /// What upstream's help calls several of them in a list.
    static var plural: String { get }
    static var unknownDomain: UnknownDomain { get }
    /// The devices of a domain.
    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [Device]
    /// The members of a device's JSON document (`schemas/WORD-list.schema.json`).
    static var fields: [Field<Device>] { get }
    /// Upstream's table.
    static var columns: [TableColumn<Device>] { get }
    /// What upstream prints of some devices, for classes that it has no table of; empty for nothing.
    static func text(_ devices: [Device]) -> String
}

/// What a list of devices does about a domain that does not exist.
enum UnknownDomain: Sendable {
    /// Says so and lists the others, as upstream does for most classes.
    case reported
    /// Ends the list after what was found, and fails.
    case fails
}

extension ListedDevices {
    static var rows: [CommandRow] { [listing] }
    static var listing: CommandRow { CommandRow(name: "\(word)-list", command: DeviceListCommand<Self>.self) }

    static var plural: String { "\(noun)s" }
    static var unknownDomain: UnknownDomain { .reported }
    static var columns: [TableColumn<Device>] { [] }
    static func text(_ devices: [Device]) -> String { TableColumn.table(columns, of: devices) }
}

/// `xl WORD-list`.
struct DeviceListCommand<Devices: ListedDevices>: XLCommand {
    static var configuration: CommandConfiguration {
        named("\(Devices.word)-list", "List virtual \(Devices.plural) for a domain")
    }

    @Flag(help: "Print them as a JSON document.") var json = false
    @OptionGroup var choice: FieldChoice
    @Argument(help: "Names, numbers or UUIDs of domains.", completion: .domains) var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        try context.listDevices(
            of: domains, asJSON: json, choice, unknown: Devices.unknownDomain, { try Devices.devices(of: $1, $0) },
            Devices.fields, text: Devices.text)
    }
}

extension CommandContext {
    /// Prints the devices of some domains.
    ///
    /// - Parameters:
    ///   - read: the devices of one domain.
    ///   - fields: what is printed of each in JSON.
    ///   - text: upstream's table; nothing is printed when it is empty.
    func listDevices<Device>(
        of domains: [String], asJSON isJSON: Bool, _ choice: FieldChoice, unknown: UnknownDomain,
        _ read: (DeviceEngine, DomainID) throws -> [Device], _ fields: [Field<Device>], text: ([Device]) -> String
    ) throws -> ExitStatus {
        let engine = DeviceEngine(toolstack)
        var devices: [Device] = []
        var failure: (any Error)?
        for domain in domains where failure == nil {
            do {
                devices += try read(engine, toolstack.findDomain(domain))
            } catch let error as ToolstackError where error.code == .domainNotFound && unknown == .reported {
                Output.error(error)
            } catch {
                failure = error
            }
        }
        if isJSON, let failure { throw failure }
        try choice.show(devices, fields, asJSON: isJSON) {
            let table = text(devices)
            if !table.isEmpty { Output.print(table) }
        }
        if let failure { throw failure }
        return .success
    }
}
