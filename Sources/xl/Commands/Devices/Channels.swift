import XenToolstack
import XenTypes

/// A channel of a domain: one of its consoles, which has a name. Channels are numbered among themselves from 0.
struct ChannelStatus: ListedDevice {
    let number: Int
    let device: DeviceStatus

    var connection: String { device.record["connection"] ?? "unknown" }
    /// The terminal or socket to which it leads.
    var path: String? { connection == "pty" ? device.frontend["tty"] : device.record["path"] }
}

/// `xl channel-list`.
enum Channels: ListedDevices {
    static let word = "channel"
    static let noun = "channel device"
    static let unknownDomain = UnknownDomain.fails

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [ChannelStatus] {
        try engine.statuses(
            of: domain, kinds: [.console], recordKeys: ["name", "connection", "path"],
            frontendKeys: ["port", "ring-ref", "tty"]
        ).filter { $0.record["name"] != nil }.enumerated().map { ChannelStatus(number: $0, device: $1) }
    }

    static let columns: [TableColumn<ChannelStatus>] = [
        TableColumn("Idx", 3) { "\($0.number)" }, .backend(2), .node("state", "state", 5),
        .node("port", "evt-ch", 6), .node("ring-ref", "ring-ref", 8),
        TableColumn("connection", 10) { $0.connection.escapingControls },
        // Only a terminal is shown, and with a blank behind it.
        TableColumn("", 0, headingWidth: 30) { channel in
            channel.connection == "pty" ? (channel.path ?? "").escapingControls.padded(to: 30) + " " : ""
        },
    ]

    static let fields: [Field<ChannelStatus>] = [
        .domid, Field("device_number") { $0.number }, Field("console_number") { $0.device.address.id },
        .record("name"), Field("connection") { $0.connection }, Field("path") { $0.path }, .backendDomid, .state,
        .number("port", as: "event_channel"), .number("ring-ref"), .backendPath,
    ]
}
