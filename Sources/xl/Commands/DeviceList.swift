import XenToolstack
import XenTypes
import YajlJSON

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
    func listDevices<Device>(
        of domains: [String], asJSON isJSON: Bool, unknown: UnknownDomain = .reported,
        _ read: (DeviceEngine, DomainID) throws -> [Device], json: (Device) -> some Encodable,
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
        if isJSON {
            if let failure { throw failure }
            Output.print(bytes: try YajlEncoder().encode(devices.map(json)))
        } else {
            let table = text(devices)
            if !table.isEmpty { Output.print(table) }
            if let failure { throw failure }
        }
        return .success
    }
}
