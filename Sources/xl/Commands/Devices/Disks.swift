import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// `xl block-attach`, `block-list` and `block-detach`.
enum Disks: AttachableDevices {
    typealias Kind = DiskClass

    static let word = "block"
    static let noun = "block device"

    // MARK: Attaching

    static let key = "disk"
    static let discussion =
        "All words of the specification together describe one disk, as disk= does in a configuration."
    static let operand: ArgumentHelp = "Specification of the disk: target, format, vdev, access, or key=value."
    static let needsOperand = true

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<DiskDevice> {
        try DiskSpec.parse(words: words)
    }

    // MARK: Detaching

    struct DetachOptions: DeviceDetachOptions {
        @Flag(
            name: [.customLong("force"), .customShort("f")],
            help: "Take the disk away even if the guest does not let go of it.")
        var isForced = false

        var force: DeviceEngine.Force { isForced ? .always : .never }
    }

    static let kinds: [DeviceKind] = [.vbd, .virtioDisk]

    static let naming = DeviceNaming(
        help: "Name or number of the disk in the guest: xvdb, 51728.", missing: { "Device \($0) not connected" },
        listed: "the disks of the domain"
    ) { word in
        let number = VirtualDevice(word)?.number
        return { disk in number.map { $0 == disk.address.id } ?? false }
    }

    static func checkDetaching(_ disk: DeviceStatus) throws(ToolstackError) {
        guard disk.address.kind == .vbd else {
            throw ToolstackError(
                .notSupported, "Hotunplug isn't supported for specification virtio", domain: disk.address.domain)
        }
    }

    // MARK: Listing

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [DeviceStatus] {
        try engine.statuses(
            of: domain, kinds: kinds,
            recordKeys: ["params", "script", "dev", "type", "mode", "device-type", "removable"],
            frontendKeys: ["event-channel", "ring-ref"])
    }

    static let columns: [TableColumn<DeviceStatus>] = [
        .number("Vdev", 5), .backend(3), TableColumn("handle", 6) { "\($0.address.domain)" },
        .node("state", "state", 5), .node("event-channel", "evt-ch", 6), .node("ring-ref", "ring-ref", 8),
        .backendPath(),
    ]

    static let fields: [Field<DeviceStatus>] = [
        .domid, .deviceNumber, .record("dev", as: "vdev"), .backendDomid, .record("type", as: "backend_type"),
        Field("format") { source(of: $0).format }, Field("target") { source(of: $0).target }, .record("script"),
        Field("read_only") { $0.record["mode"] == "r" }, Field("cdrom") { $0.record["device-type"] == "cdrom" },
        Field("removable") { $0.record["removable"] == "1" }, .state, .number("event-channel"), .number("ring-ref"),
        .backendPath,
    ]

    /// QEMU's disks have their format before a colon; the others are raw.
    private static func source(of disk: DeviceStatus) -> (format: String?, target: String?) {
        guard let parameters = disk.record["params"] else { return (nil, nil) }
        guard disk.record["type"] == "qdisk", let colon = parameters.firstIndex(of: ":") else {
            return ("raw", parameters)
        }
        let format = String(parameters[..<colon])
        return (format == "aio" ? "raw" : format, String(parameters[parameters.index(after: colon)...]))
    }
}
