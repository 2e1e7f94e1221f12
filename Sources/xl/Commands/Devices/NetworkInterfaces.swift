import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// `xl network-attach`, `network-list` and `network-detach`.
enum NetworkInterfaces: AttachableDevices {
    typealias Kind = NICClass

    static let word = "network"
    static let noun = "network device"

    // MARK: Attaching

    static let key = "vif"
    static let discussion =
        "The words are those of vif= in a configuration: mac=, bridge=, script=, ip=, rate=, vifname=, …."
    static let operand: ArgumentHelp = "Settings of the interface: key=value."

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<NICDevice> {
        try VIFSpec.parse(words: words, into: try context.globalConfig().networkCard)
    }

    // MARK: Detaching

    static let naming = DeviceNaming.number(or: "mac", help: "Number or MAC address of the interface.") {
        MACAddress($0)
    }

    // MARK: Listing

    static let plural = "network interfaces"
    static let unknownDomain = UnknownDomain.fails

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [DeviceStatus] {
        try engine.statuses(
            of: domain, kinds: kinds,
            recordKeys: ["mac", "bridge", "script", "vifname", "ip", "gatewaydev", "rate", "mtu", "type"],
            frontendKeys: ["event-channel", "tx-ring-ref", "rx-ring-ref"])
    }

    static let columns: [TableColumn<DeviceStatus>] = [
        .number("Idx", 3), .backend(2),
        // Upstream leaves no blank between the two.
        TableColumn("Mac Addr.         handle", 23) {
            ($0.record["mac"] ?? "00:00:00:00:00:00").escapingControls + "\($0.address.id)".rightAligned(to: 6)
        },
        .node("state", "state", 5, .right), .node("event-channel", "evt-ch", 6, .right),
        TableColumn("  tx-/rx-ring-ref", 17) {
            $0.numberText("tx-ring-ref").rightAligned(to: 5) + "/" + $0.numberText("rx-ring-ref").padded(to: 11)
        },
        .backendPath(),
    ]

    static let fields: [Field<DeviceStatus>] = [
        .domid, .deviceNumber, .record("mac"), .record("type"), .record("bridge"), .record("script"),
        Field("interface") { $0.record["vifname"] ?? "vif\($0.address.domain).\($0.address.id)" }, .record("ip"),
        .record("gatewaydev", as: "gateway_device"), Field("mtu") { $0.record["mtu"].flatMap { UInt32($0) } },
        Field("rate_bytes_per_interval") { rate(of: $0)?.bytes }, Field("rate_interval_us") { rate(of: $0)?.interval },
        .backendDomid, .state, .number("event-channel"), .number("tx-ring-ref"), .number("rx-ring-ref"), .backendPath,
    ]

    private static func rate(of nic: DeviceStatus) -> (bytes: UInt64?, interval: UInt64?)? {
        let parts = nic.record["rate"]?.split(separator: ",").map { UInt64($0) } ?? []
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
}
