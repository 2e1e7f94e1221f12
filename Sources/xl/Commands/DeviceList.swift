import XenToolstack
import XenTypes

/// What a list of devices does about a domain that does not exist.
enum UnknownDomain {
    /// Says so and lists the others, as upstream does for most classes.
    case reported
    /// Ends the list after what was found, and fails.
    case fails
}

extension CommandContext {
    /// Prints the devices of some domains.
    ///
    /// - Parameters:
    ///   - read: the devices of one domain.
    ///   - json: what is printed of each in JSON.
    ///   - text: upstream's table; nothing is printed when it is empty.
    func listDevices<Device, Document: FieldDocument>(
        of domains: [String], asJSON isJSON: Bool, _ choice: FieldChoice, unknown: UnknownDomain = .reported,
        _ read: (DeviceEngine, DomainID) throws -> [Device], json: (Device) -> Document,
        text: ([Device]) -> String
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
        try choice.show(asJSON: isJSON, fields: Document.fieldNames, { devices.map(json) }) {
            let table = text(devices)
            if !table.isEmpty { Output.print(table) }
        }
        if let failure { throw failure }
        return .success
    }
}
