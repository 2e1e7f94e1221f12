import XenToolstack
import XenTypes

/// One keyboard of `vkb-list --json` (`schemas/vkb-list.schema.json`).
struct VKBJSON: FieldDocument {
    let domid: UInt32
    let deviceNumber: UInt32
    let uniqueID: String?
    let backendDomid: UInt32
    let backendType: String
    let state: String?
    let eventChannel: Int32?
    let pageReference: Int32?
    let backendPath: String

    init(_ vkb: DeviceStatus) {
        domid = vkb.address.domain.rawValue
        deviceNumber = vkb.address.id
        uniqueID = vkb.record["unique-id"]
        backendDomid = vkb.address.backendDomain.rawValue
        backendType = vkb.keyboardBackend
        state = vkb.state?.name
        eventChannel = vkb.number("event-channel")
        pageReference = vkb.number("page-gref")
        backendPath = vkb.address.backend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case uniqueID = "unique_id"
        case backendDomid = "backend_domid"
        case backendType = "backend_type"
        case state
        case eventChannel = "event_channel"
        case pageReference = "page_ref"
        case backendPath = "backend_path"
    }
}

extension DeviceStatus {
    fileprivate var keyboardBackend: String { address.backendKind == .vinput ? "linux" : "qemu" }
}

extension DeviceTable {
    static func vkbs(_ vkbs: [DeviceStatus]) -> String {
        let head = "Idx BE handle state evt-ch    ref ID         BE-type    \("BE-path".padded(to: 30))"
        let rows = vkbs.map { vkb in
            [
                "\(vkb.address.id)".padded(to: 3), "\(vkb.address.backendDomain)".padded(to: 2),
                "\(vkb.address.id)".rightAligned(to: 6), number(vkb, "state").rightAligned(to: 5),
                number(vkb, "event-channel").rightAligned(to: 6), number(vkb, "page-gref").rightAligned(to: 6),
                (vkb.record["unique-id"] ?? "(null)").escapingControls.padded(to: 10),
                vkb.keyboardBackend.padded(to: 10), vkb.address.backend.description.padded(to: 30),
            ].joined(separator: " ")
        }
        return ([head] + rows).joined(separator: "\n")
    }
}

extension DeviceEngine {
    func vkbs(of domain: DomainID) throws(ToolstackError) -> [DeviceStatus] {
        try statuses(
            of: domain, kinds: [.vkbd], recordKeys: ["unique-id"], frontendKeys: ["event-channel", "page-gref"])
    }
}
