import XenToolstack
import XenTypes

/// A display with its connectors.
struct DisplayStatus {
    let device: DeviceStatus
    let connectors: [DevicePart]

    static func text(_ displays: [DisplayStatus]) -> String {
        displays.flatMap { display in
            let (device, address) = (display.device, display.device.address)
            return [
                "DevId: \(address.id), BE: \(address.backendDomain), handle: \(address.domain), "
                    + "state: \(device.number("state") ?? -1), be-alloc: \(device.number("be-alloc") ?? 0), "
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
}

extension DevicePart {
    /// A connector's size in pixels, `WIDTHxHEIGHT`.
    fileprivate var resolution: (width: UInt32, height: UInt32)? {
        let sides = values["resolution"]?.split(separator: "x").map { UInt32($0) } ?? []
        guard sides.count == 2, let width = sides[0], let height = sides[1] else { return nil }
        return (width, height)
    }
}

/// One display of `vdispl-list --json` (`schemas/vdispl-list.schema.json`).
struct DisplayJSON: FieldDocument {
    struct Connector: Encodable {
        let uniqueID: String?
        let width: UInt32?
        let height: UInt32?
        let requestRing: Int32?
        let requestChannel: Int32?
        let eventRing: Int32?
        let eventChannel: Int32?

        init(_ part: DevicePart) {
            uniqueID = part.values["unique-id"]
            (width, height) = (part.resolution?.width, part.resolution?.height)
            requestRing = part.number("req-ring-ref")
            requestChannel = part.number("req-event-channel")
            eventRing = part.number("evt-ring-ref")
            eventChannel = part.number("evt-event-channel")
        }

        enum CodingKeys: String, CodingKey {
            case uniqueID = "unique_id"
            case width
            case height
            case requestRing = "req_ring_ref"
            case requestChannel = "req_event_channel"
            case eventRing = "evt_ring_ref"
            case eventChannel = "evt_event_channel"
        }
    }

    let domid: UInt32
    let deviceNumber: UInt32
    let backendDomid: UInt32
    let backendAllocates: Bool
    let state: String?
    let connectors: [Connector]
    let backendPath: String
    let frontendPath: String

    init(_ display: DisplayStatus) {
        let address = display.device.address
        domid = address.domain.rawValue
        deviceNumber = address.id
        backendDomid = address.backendDomain.rawValue
        backendAllocates = (display.device.number("be-alloc") ?? 0) != 0
        state = display.device.state?.name
        connectors = display.connectors.map(Connector.init)
        backendPath = address.backend.description
        frontendPath = address.frontend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case backendDomid = "backend_domid"
        case backendAllocates = "backend_allocates"
        case state
        case connectors
        case backendPath = "backend_path"
        case frontendPath = "frontend_path"
    }
}

extension DeviceEngine {
    func displays(of domain: DomainID) throws(ToolstackError) -> [DisplayStatus] {
        let devices = try statuses(of: domain, kinds: [.vdispl], recordKeys: [], frontendKeys: ["be-alloc"])
        return try devices.map { (device) throws(ToolstackError) in
            DisplayStatus(
                device: device,
                connectors: try parts(
                    of: device.address,
                    keys: [
                        "unique-id", "resolution", "req-ring-ref", "req-event-channel", "evt-ring-ref",
                        "evt-event-channel",
                    ]))
        }
    }
}
