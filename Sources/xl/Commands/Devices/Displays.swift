import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// A display with its connectors.
struct DisplayStatus: ListedDevice {
    let device: DeviceStatus
    let connectors: [DevicePart]
}

/// `xl vdispl-attach`, `vdispl-list` and `vdispl-detach`.
enum Displays: AttachableDevices {
    typealias Kind = VDisplClass

    static let word = "vdispl"
    static let noun = "display device"

    // MARK: Attaching

    static let key = "vdispl"
    static let discussion =
        "The words are those of vdispl= in a configuration: connectors=ID:WxH;…, be-alloc=, backend=."
    static let operand: ArgumentHelp = "Settings of the display: key=value."

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<VDisplDevice> {
        try VDisplSpec.parse(words: words)
    }

    // MARK: Listing

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [DisplayStatus] {
        let devices = try engine.statuses(of: domain, kinds: kinds, recordKeys: [], frontendKeys: ["be-alloc"])
        let keys = [
            "unique-id", "resolution", "req-ring-ref", "req-event-channel", "evt-ring-ref", "evt-event-channel",
        ]
        return try devices.map { (device) throws(ToolstackError) in
            DisplayStatus(device: device, connectors: try engine.parts(of: device.address, keys: keys))
        }
    }

    static func text(_ displays: [DisplayStatus]) -> String {
        displays.flatMap { display in
            let (device, address) = (display.device, display.device.address)
            return [
                "DevId: \(address.id), BE: \(address.backendDomain), handle: \(address.domain), "
                    + "state: \(device.numberText("state")), be-alloc: \(device.number("be-alloc") ?? 0), "
                    + "BE-path: \(address.backend), FE-path: \(address.frontend)"
            ] + display.connectors.enumerated().map(line)
        }.joined(separator: "\n")
    }

    private static func line(_ index: Int, _ connector: DevicePart) -> String {
        func number(_ key: String) -> Int32 { connector.number(key) ?? -1 }
        let size = connector.resolution
        return "\tConnector: \(index), id: \((connector.values["unique-id"] ?? "(null)").escapingControls), "
            + "width: \(size?.width ?? 0), height: \(size?.height ?? 0), "
            + "req-rref: \(number("req-ring-ref")), req-evtch: \(number("req-event-channel")), "
            + "evt-rref: \(number("evt-ring-ref")), evt-evtch: \(number("evt-event-channel"))"
    }

    static let fields: [Field<DisplayStatus>] = [
        .domid, .deviceNumber, .backendDomid,
        Field("backend_allocates") { ($0.device.number("be-alloc") ?? 0) != 0 }, .state,
        Field("connectors") { FieldDocument.list($0.connectors, connectorFields) }, .backendPath, .frontendPath,
    ]

    private static let connectorFields: [Field<DevicePart>] = [
        .text("unique-id"), Field("width") { $0.resolution?.width }, Field("height") { $0.resolution?.height },
        .number("req-ring-ref"), .number("req-event-channel"), .number("evt-ring-ref"), .number("evt-event-channel"),
    ]
}

extension DevicePart {
    /// A connector's size in pixels, `WIDTHxHEIGHT`.
    fileprivate var resolution: (width: UInt32, height: UInt32)? {
        let sides = values["resolution"]?.split(separator: "x").map { UInt32($0) } ?? []
        guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
        return (width, height)
    }
}
