import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// `xl vtpm-attach`, `vtpm-list` and `vtpm-detach`.
enum TPMs: AttachableDevices {
    typealias Kind = VTPMClass

    static let word = "vtpm"
    static let noun = "TPM device"

    // MARK: Attaching

    static let key = "vtpm"
    static let discussion = "The words are those of vtpm= in a configuration; without a UUID a random one is taken."
    static let operand: ArgumentHelp = "Settings of the TPM: uuid=UUID, backend=DOMAIN."

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<VTPMDevice> {
        try VTPMSpec.parse(words: words)
    }

    // MARK: Detaching

    static let naming = DeviceNaming.number(or: "uuid", help: "Number or UUID of the TPM.") { XenUUID($0) }

    // MARK: Listing

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [DeviceStatus] {
        try engine.statuses(
            of: domain, kinds: kinds, recordKeys: ["uuid"], frontendKeys: ["event-channel", "ring-ref"])
    }

    static let columns: [TableColumn<DeviceStatus>] = [
        .number("Idx", 3), .backend(2),
        TableColumn("Uuid", 36) { ($0.record["uuid"] ?? XenUUID.zero.description) },
        .number("handle", 6, .right), .node("state", "state", 5, .right), .node("event-channel", "evt-ch", 6, .right),
        .node("ring-ref", "ring-ref", 8, .right), .backendPath(headingWidth: 10),
    ]

    static let fields: [Field<DeviceStatus>] = [
        .domid, .deviceNumber, .record("uuid"), .backendDomid, .state, .number("event-channel"), .number("ring-ref"),
        .backendPath,
    ]
}
