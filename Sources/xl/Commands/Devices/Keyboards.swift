import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// `xl vkb-attach`, `vkb-list` and `vkb-detach`.
enum Keyboards: AttachableDevices {
    typealias Kind = VKBClass

    static let word = "vkb"
    static let noun = "keyboard device"

    // MARK: Attaching

    static let key = "vkb"
    static let discussion =
        "The words are those of vkb= in a configuration: backend-type=, unique-id=, width=, height=, …."
    static let operand: ArgumentHelp = "Settings of the device: key=value."
    static let needsOperand = true

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<VKBDevice> {
        try VKBSpec.parse(words: words)
    }

    // MARK: Listing

    static let unknownDomain = UnknownDomain.fails

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [DeviceStatus] {
        try engine.statuses(
            of: domain, kinds: kinds, recordKeys: ["unique-id"], frontendKeys: ["event-channel", "page-gref"])
    }

    static let columns: [TableColumn<DeviceStatus>] = [
        .number("Idx", 3), .backend(2), .number("handle", 6, .right), .node("state", "state", 5, .right),
        .node("event-channel", "evt-ch", 6, .right), .node("page-gref", "ref", 6, .right),
        TableColumn("ID", 10) { ($0.record["unique-id"] ?? "(null)").escapingControls },
        TableColumn("BE-type", 10) { backendType(of: $0) }, .backendPath(),
    ]

    static let fields: [Field<DeviceStatus>] = [
        .domid, .deviceNumber, .record("unique-id"), .backendDomid, Field("backend_type") { backendType(of: $0) },
        .state, .number("event-channel"), .number("page-gref", as: "page_ref"), .backendPath,
    ]

    private static func backendType(of keyboard: DeviceStatus) -> String {
        keyboard.address.backendKind == .vinput ? "linux" : "qemu"
    }
}
