import XenToolstack
import XenTypes

/// A channel of a domain: one of its consoles, which has a name. Channels are numbered among themselves from 0.
struct ChannelStatus {
    let number: Int
    let console: DeviceStatus

    var connection: String { console.record["connection"] ?? "unknown" }
    /// The terminal or socket to which it leads.
    var path: String? { connection == "pty" ? console.frontend["tty"] : console.record["path"] }
}

/// One channel of `channel-list --json` (`schemas/channel-list.schema.json`).
struct ChannelJSON: FieldDocument {
    let domid: UInt32
    let deviceNumber: Int
    let consoleNumber: UInt32
    let name: String?
    let connection: String
    let path: String?
    let backendDomid: UInt32
    let state: String?
    let eventChannel: Int32?
    let ringReference: Int32?
    let backendPath: String

    init(_ channel: ChannelStatus) {
        let console = channel.console
        domid = console.address.domain.rawValue
        deviceNumber = channel.number
        consoleNumber = console.address.id
        name = console.record["name"]
        connection = channel.connection
        path = channel.path
        backendDomid = console.address.backendDomain.rawValue
        state = console.state?.name
        eventChannel = console.number("port")
        ringReference = console.number("ring-ref")
        backendPath = console.address.backend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case consoleNumber = "console_number"
        case name
        case connection
        case path
        case backendDomid = "backend_domid"
        case state
        case eventChannel = "event_channel"
        case ringReference = "ring_ref"
        case backendPath = "backend_path"
    }
}

extension DeviceTable {
    static func channels(_ channels: [ChannelStatus]) -> String {
        let head = "Idx BE state evt-ch ring-ref connection " + String(repeating: " ", count: 30)
        let rows = channels.map { channel in
            let console = channel.console
            let terminal =
                channel.connection == "pty" ? (channel.path ?? "").escapingControls.padded(to: 30) + " " : ""
            return [
                "\(channel.number)".padded(to: 3), "\(console.address.backendDomain)".padded(to: 2),
                number(console, "state").padded(to: 5), number(console, "port").padded(to: 6),
                number(console, "ring-ref").padded(to: 8), channel.connection.escapingControls.padded(to: 10),
            ].joined(separator: " ") + " " + terminal
        }
        return ([head] + rows).joined(separator: "\n")
    }
}

extension DeviceEngine {
    func channels(of domain: DomainID) throws(ToolstackError) -> [ChannelStatus] {
        try statuses(
            of: domain, kinds: [.console], recordKeys: ["name", "connection", "path"],
            frontendKeys: ["port", "ring-ref", "tty"]
        ).filter { $0.record["name"] != nil }.enumerated().map { ChannelStatus(number: $0, console: $1) }
    }
}
