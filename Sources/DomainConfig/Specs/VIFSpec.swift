import DomainModel

/// Network cards: `vif` in `xl.cfg` and the words of `xl network-attach` (`xl-network-configuration(5)`).
public enum VIFSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(
        bytes: [UInt8], into device: NICDevice
    ) throws(SpecError) -> ParsedSpec<NICDevice> {
        try list.parse(SpecText(bytes), into: device)
    }

    /// Reads words of a command line, each one parameter.
    public static func parse(
        words: [String], into device: NICDevice = NICDevice()
    ) throws(SpecError) -> ParsedSpec<NICDevice> {
        try list.parse(words: words, into: device)
    }

    public static func text(for device: NICDevice) throws(SpecError) -> String {
        if device.rateIntervalMicroseconds != 0, rate(of: device)?.text == nil {
            throw SpecError(.inexpressible, "vif: no rate means exactly what this card has", at: 0..<0)
        }
        return try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<NICDevice>(
        key: "vif", ignoresUnknown: true, ignoresMisshapen: true, ignoresBlanks: true, rows: rows + coloRows)

    private static let types: [(word: String, value: NICType)] = [("vif", .vif), ("ioemu", .vifIoemu)]

    private static let rows: [SpecRow<NICDevice>] = [
        SpecRow(
            SpecParameter("type", .choice(["vif", "ioemu"]), "paravirtual card only, or an emulated one beside it"),
            read: { (nic: inout NICDevice, value: SpecValue) throws(SpecError) in
                do throws(SpecError) { nic.nicType = try value.choice(types, ignoringCase: false) } catch {
                    throw error.tolerated(.ignored)
                }
            },
            write: { nic in types.first { $0.value == nic.nicType }?.word }),
        SpecRow(
            SpecParameter("mac", .text("six hexadecimal bytes with colons between them"), "hardware address"),
            read: { (nic: inout NICDevice, value: SpecValue) throws(SpecError) in try readMAC(value, into: &nic) },
            write: { $0.mac?.description }),
        .text("bridge", \.bridge, "INTERFACE", "bridge of the backend that the card joins"),
        .text("gatewaydev", \.gatewayDevice, "INTERFACE", "the backend's interface to the network, for routed cards"),
        SpecRow(
            SpecParameter("netdev", .text("INTERFACE"), "older name of gatewaydev"),
            read: { (nic: inout NICDevice, value: SpecValue) throws(SpecError) in nic.gatewayDevice = value.string },
            notice: .init(kind: .deprecated, message: "netdev is deprecated, use gatewaydev")),
        .text("ip", \.ip, "ADDRESS", "the guest's address, for scripts that route or translate"),
        .text("script", \.script, "PATH", "script that connects the card in the backend"),
        .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the card"),
        .text("vifname", \.interfaceName, "INTERFACE", "name of the backend's interface"),
        .text("model", \.model, "MODEL", "emulated card: rtl8139, e1000, …"),
        SpecRow(
            SpecParameter("rate", .text(TransmitRate.form), "limit of what the guest may send"),
            read: { (nic: inout NICDevice, value: SpecValue) throws(SpecError) in
                let rate = try TransmitRate(value)
                nic.rateBytesPerInterval = rate.bytesPerInterval
                nic.rateIntervalMicroseconds = rate.interval
            },
            write: { rate(of: $0)?.text }),
        .text("forwarddev", \.coloftForwarddev, "INTERFACE", "COLO: interface to the other host"),
        SpecRow(
            SpecParameter("accel", .text("anything"), "without effect"),
            read: { (_: inout NICDevice, _: SpecValue) throws(SpecError) in },
            notice: .init(kind: .ignored, message: "accel has no effect")),
        .number("devid", \.deviceID, base: 10, needsDigits: true, "number of the card"),
        .number("mtu", \.mtu, base: 10, in: 0...Int32.max, needsDigits: true, "largest packet in bytes"),
        .text("vlan", \.vlan, "VLANS", "virtual LANs of the bridge's port", since: "4.19"),
        .flag("trusted", \.trusted, true, "the guest need not distrust the backend"),
        .flag("untrusted", \.trusted, false, "the guest keeps its memory from the backend"),
    ]

    /// The parameters of COLO, each a text that its proxy or QEMU reads.
    private static let coloRows: [SpecRow<NICDevice>] = {
        let paths: [(String, SpecRow<NICDevice>.Path<String?>)] = [
            ("colo_sock_mirror_id", \.coloSockMirrorID), ("colo_sock_mirror_ip", \.coloSockMirrorIP),
            ("colo_sock_mirror_port", \.coloSockMirrorPort),
            ("colo_sock_compare_pri_in_id", \.coloSockComparePriInID),
            ("colo_sock_compare_pri_in_ip", \.coloSockComparePriInIP),
            ("colo_sock_compare_pri_in_port", \.coloSockComparePriInPort),
            ("colo_sock_compare_sec_in_id", \.coloSockCompareSecInID),
            ("colo_sock_compare_sec_in_ip", \.coloSockCompareSecInIP),
            ("colo_sock_compare_sec_in_port", \.coloSockCompareSecInPort),
            ("colo_sock_compare_notify_id", \.coloSockCompareNotifyID),
            ("colo_sock_compare_notify_ip", \.coloSockCompareNotifyIP),
            ("colo_sock_compare_notify_port", \.coloSockCompareNotifyPort),
            ("colo_sock_redirector0_id", \.coloSockRedirector0ID),
            ("colo_sock_redirector0_ip", \.coloSockRedirector0IP),
            ("colo_sock_redirector0_port", \.coloSockRedirector0Port),
            ("colo_sock_redirector1_id", \.coloSockRedirector1ID),
            ("colo_sock_redirector1_ip", \.coloSockRedirector1IP),
            ("colo_sock_redirector1_port", \.coloSockRedirector1Port),
            ("colo_sock_redirector2_id", \.coloSockRedirector2ID),
            ("colo_sock_redirector2_ip", \.coloSockRedirector2IP),
            ("colo_sock_redirector2_port", \.coloSockRedirector2Port),
            ("colo_filter_mirror_queue", \.coloFilterMirrorQueue),
            ("colo_filter_mirror_outdev", \.coloFilterMirrorOutdev),
            ("colo_filter_redirector0_queue", \.coloFilterRedirector0Queue),
            ("colo_filter_redirector0_indev", \.coloFilterRedirector0Indev),
            ("colo_filter_redirector0_outdev", \.coloFilterRedirector0Outdev),
            ("colo_filter_redirector1_queue", \.coloFilterRedirector1Queue),
            ("colo_filter_redirector1_indev", \.coloFilterRedirector1Indev),
            ("colo_filter_redirector1_outdev", \.coloFilterRedirector1Outdev),
            ("colo_compare_pri_in", \.coloComparePriIn), ("colo_compare_sec_in", \.coloCompareSecIn),
            ("colo_compare_out", \.coloCompareOut), ("colo_compare_notify_dev", \.coloCompareNotifyDev),
            ("colo_sock_sec_redirector0_id", \.coloSockSecRedirector0ID),
            ("colo_sock_sec_redirector0_ip", \.coloSockSecRedirector0IP),
            ("colo_sock_sec_redirector0_port", \.coloSockSecRedirector0Port),
            ("colo_sock_sec_redirector1_id", \.coloSockSecRedirector1ID),
            ("colo_sock_sec_redirector1_ip", \.coloSockSecRedirector1IP),
            ("colo_sock_sec_redirector1_port", \.coloSockSecRedirector1Port),
            ("colo_filter_sec_redirector0_queue", \.coloFilterSecRedirector0Queue),
            ("colo_filter_sec_redirector0_indev", \.coloFilterSecRedirector0Indev),
            ("colo_filter_sec_redirector0_outdev", \.coloFilterSecRedirector0Outdev),
            ("colo_filter_sec_redirector1_queue", \.coloFilterSecRedirector1Queue),
            ("colo_filter_sec_redirector1_indev", \.coloFilterSecRedirector1Indev),
            ("colo_filter_sec_redirector1_outdev", \.coloFilterSecRedirector1Outdev),
            ("colo_filter_sec_rewriter0_queue", \.coloFilterSecRewriter0Queue),
            ("colo_checkpoint_host", \.coloCheckpointHost), ("colo_checkpoint_port", \.coloCheckpointPort),
        ]
        return paths.map { .text($0.0, $0.1, "TEXT", "COLO: option of the network proxy") }
    }()

    /// Six hexadecimal numbers of at most two digits each, with colons or hyphens between them.
    ///
    /// Upstream's xl also takes blanks before them, any character between and anything after them, and keeps those before
    /// the first that is none.
    private static func readMAC(_ value: SpecValue, into nic: inout NICDevice) throws(SpecError) {
        if let address = mac(value.bytes) {
            nic.mac = address
            return
        }
        var bytes = nic.mac?.bytes ?? Array(repeating: 0, count: 6)
        var rest = value.bytes
        for index in 0..<6 {
            guard let number = try? CNumber(rest, base: 16), let byte = number.value(as: UInt8.self) else {
                // Nothing but zeros is no address.
                nic.mac = bytes.allSatisfy { $0 == 0 } ? nil : MACAddress(bytes: bytes)
                throw value.error(.invalidValue, "\"\(value.string)\" is not a hardware address")
                    .tolerated(
                        index == 0 ? .ignored : .bent,
                        index == 0 ? "" : " and counts as \(nic.mac?.description ?? "none")")
            }
            bytes[index] = byte
            rest = rest[number.end...]
            // It would read on behind the text.
            guard index == 5 || !rest.isEmpty else {
                throw value.error(.invalidValue, "\"\(value.string)\" is only the beginning of a hardware address")
            }
            rest = rest.dropFirst()
        }
        nic.mac = MACAddress(bytes: bytes)
        throw value.error(.invalidValue, "\"\(value.string)\" is not a hardware address")
            .tolerated(.bent, " and counts as \(nic.mac?.description ?? "none")")
    }

    private static func mac(_ text: ArraySlice<UInt8>) -> MACAddress? {
        let fields = text.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "-")
        }
        let bytes = fields.compactMap { field -> UInt8? in
            guard (1...2).contains(field.count) else { return nil }
            return UInt8(String(decoding: field, as: UTF8.self), radix: 16)
        }
        guard fields.count == 6, bytes.count == 6 else { return nil }
        return MACAddress(bytes: bytes)
    }

    private static func rate(of nic: NICDevice) -> TransmitRate? {
        guard nic.rateIntervalMicroseconds != 0 else { return nil }
        return TransmitRate(bytesPerInterval: nic.rateBytesPerInterval, interval: nic.rateIntervalMicroseconds)
    }
}
