import DomainModel
import XenTypes

/// Emulated network cards, each with a tap device that the hotplug script connects to the host's network.
enum QEMUNetwork {
    static func cards(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        let cards = setup.configuration.nics.filter { $0.nicType == .vifIoemu }
        // Or QEMU would make a card of its own choice.
        guard !cards.isEmpty else { return ["-net", "none"] }
        var arguments: [String] = []
        for nic in cards { arguments += try card(nic, setup) }
        return arguments
    }

    /// The name of the tap device of a card.
    static func tapName(domain: DomainID, card: UInt32) -> String { "vif\(domain).\(card)-emu" }

    private static func card(_ nic: NICDevice, _ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let number = nic.deviceID.flatMap({ UInt32(exactly: $0) }), let mac = nic.mac else {
            throw setup.refusal("a network interface has no number or no MAC address")
        }
        let tap = tapName(domain: setup.domain, card: number)
        let bridge = (nic.bridge ?? "").asOptionValue
        return [
            "-device", "\(nic.model ?? ""),id=nic\(number),netdev=net\(number),mac=\(mac)",
            // The toolstack runs the script itself.
            "-netdev", "type=tap,id=net\(number),ifname=\(tap),br=\(bridge),script=no,downscript=no",
        ] + (setup.incoming == nil ? coloPrimary : coloSecondary).flatMap { $0.arguments(nic, number) }
    }

    // MARK: COLO

    private typealias Setting = KeyPath<NICDevice, String?> & Sendable

    /// An option that a card needs when all its settings are there.
    private struct ReplicationOption: Sendable {
        var settings: [(name: String, path: Setting)]
        var build: @Sendable (_ settings: String, _ card: UInt32) -> [String]

        func arguments(_ nic: NICDevice, _ card: UInt32) -> [String] {
            let given = settings.compactMap { name, path in
                nic[keyPath: path].map { "\(name)=\($0.asOptionValue)" }
            }
            return given.count == settings.count ? build(given.joined(separator: ","), card) : []
        }

        static func socket(_ id: Setting, _ host: Setting, _ port: Setting, listens: Bool) -> ReplicationOption {
            ReplicationOption(settings: [("id", id), ("host", host), ("port", port)]) { settings, _ in
                ["-chardev", "socket,\(settings)" + (listens ? ",server=on,wait=off" : "")]
            }
        }

        static func filter(_ kind: String, _ id: String, _ settings: [(String, Setting)]) -> ReplicationOption {
            ReplicationOption(settings: settings) { settings, card in
                ["-object", "\(kind),id=\(id),netdev=net\(card),\(settings)"]
            }
        }
    }

    private static let comparison = ReplicationOption(settings: [
        ("primary_in", \.coloComparePriIn), ("secondary_in", \.coloCompareSecIn), ("outdev", \.coloCompareOut),
        ("notify_dev", \.coloCompareNotifyDev),
    ]) { settings, _ in
        let thread = "colo-compare-iothread-1"
        return ["-object", "iothread,id=\(thread)", "-object", "colo-compare,id=c1,\(settings),iothread=\(thread)"]
    }

    private static let coloPrimary: [ReplicationOption] = [
        .socket(\.coloSockMirrorID, \.coloSockMirrorIP, \.coloSockMirrorPort, listens: true),
        .socket(\.coloSockComparePriInID, \.coloSockComparePriInIP, \.coloSockComparePriInPort, listens: true),
        .socket(\.coloSockCompareSecInID, \.coloSockCompareSecInIP, \.coloSockCompareSecInPort, listens: true),
        .socket(\.coloSockCompareNotifyID, \.coloSockCompareNotifyIP, \.coloSockCompareNotifyPort, listens: true),
        .socket(\.coloSockRedirector0ID, \.coloSockRedirector0IP, \.coloSockRedirector0Port, listens: true),
        .socket(\.coloSockRedirector1ID, \.coloSockRedirector1IP, \.coloSockRedirector1Port, listens: false),
        .socket(\.coloSockRedirector2ID, \.coloSockRedirector2IP, \.coloSockRedirector2Port, listens: false),
        .filter(
            "filter-mirror", "m1", [("queue", \.coloFilterMirrorQueue), ("outdev", \.coloFilterMirrorOutdev)]),
        .filter(
            "filter-redirector", "r1",
            [("queue", \.coloFilterRedirector0Queue), ("indev", \.coloFilterRedirector0Indev)]),
        .filter(
            "filter-redirector", "r2",
            [("queue", \.coloFilterRedirector1Queue), ("outdev", \.coloFilterRedirector1Outdev)]),
        comparison,
    ]

    private static let coloSecondary: [ReplicationOption] = [
        .socket(
            \.coloSockSecRedirector0ID, \.coloSockSecRedirector0IP, \.coloSockSecRedirector0Port, listens: false),
        .socket(
            \.coloSockSecRedirector1ID, \.coloSockSecRedirector1IP, \.coloSockSecRedirector1Port, listens: false),
        .filter(
            "filter-redirector", "rs1",
            [("queue", \.coloFilterSecRedirector0Queue), ("indev", \.coloFilterSecRedirector0Indev)]),
        .filter(
            "filter-redirector", "rs2",
            [("queue", \.coloFilterSecRedirector1Queue), ("outdev", \.coloFilterSecRedirector1Outdev)]),
        .filter("filter-rewriter", "rs3", [("queue", \.coloFilterSecRewriter0Queue)]),
    ]
}
