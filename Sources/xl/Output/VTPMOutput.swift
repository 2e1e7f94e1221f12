import XenToolstack
import XenTypes

/// One TPM of `vtpm-list --json` (`schemas/vtpm-list.schema.json`).
struct VTPMJSON: FieldDocument {
    let domid: UInt32
    let deviceNumber: UInt32
    let uuid: String?
    let backendDomid: UInt32
    let state: String?
    let eventChannel: Int32?
    let ringReference: Int32?
    let backendPath: String

    init(_ vtpm: DeviceStatus) {
        domid = vtpm.address.domain.rawValue
        deviceNumber = vtpm.address.id
        uuid = vtpm.record["uuid"]
        backendDomid = vtpm.address.backendDomain.rawValue
        state = vtpm.state?.name
        eventChannel = vtpm.number("event-channel")
        ringReference = vtpm.number("ring-ref")
        backendPath = vtpm.address.backend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case uuid
        case backendDomid = "backend_domid"
        case state
        case eventChannel = "event_channel"
        case ringReference = "ring_ref"
        case backendPath = "backend_path"
    }
}

extension DeviceTable {
    static func vtpms(_ vtpms: [DeviceStatus]) -> String {
        let head = "Idx BE \("Uuid".padded(to: 36)) handle state evt-ch ring-ref BE-path   "
        let rows = vtpms.map { vtpm in
            [
                "\(vtpm.address.id)".padded(to: 3), "\(vtpm.address.backendDomain)".padded(to: 2),
                vtpm.record["uuid"] ?? XenUUID.zero.description, "\(vtpm.address.id)".rightAligned(to: 6),
                number(vtpm, "state").rightAligned(to: 5), number(vtpm, "event-channel").rightAligned(to: 6),
                number(vtpm, "ring-ref").rightAligned(to: 8), vtpm.address.backend.description.padded(to: 30),
            ].joined(separator: " ")
        }
        return ([head] + rows).joined(separator: "\n")
    }
}

extension DeviceEngine {
    func vtpms(of domain: DomainID) throws(ToolstackError) -> [DeviceStatus] {
        try statuses(of: domain, kinds: [.vtpm], recordKeys: ["uuid"], frontendKeys: ["event-channel", "ring-ref"])
    }
}
