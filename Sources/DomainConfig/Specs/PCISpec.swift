import DomainModel

/// PCI devices to pass through: `pci` in `xl.cfg`, `xl pci-attach` and its relatives (`xl-pci-configuration(5)`).
public enum PCISpec: DeviceSpec {
    public static let grammar = SpecGrammar(key: "pci", parameters: rows.map(\.parameter))

    /// Reads a specification: an address, then `key=value` words; or the address under the key `bdf`.
    public static func parse(bytes: [UInt8], into device: PCIDevice) throws(SpecError) -> ParsedSpec<PCIDevice> {
        let text = SpecText(bytes)
        var draft = Draft(device: device)
        var parts = bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(\.indices)
        // One comma may stand at the end.
        if parts.count > 1, parts.last?.isEmpty ?? false { parts.removeLast() }
        var faults = SpecFaults()
        if let first = parts.first, text.pair(first) == nil {
            faults.collect { () throws(SpecError) in
                try readPlace(SpecValue(text: text, parameter: bdf, range: first), into: &draft)
            }
            parts.removeFirst()
        }
        var result = ParsedSpec(draft)
        faults.collect { () throws(SpecError) in
            try list.read(parts, of: text, into: &result.value, warnings: &result.warnings)
        }
        try faults.throwIfAny()
        guard result.value.hasAddress != (result.value.device.name != nil) else {
            throw text.error(
                result.value.hasAddress ? .conflict : .missingParameter,
                result.value.hasAddress
                    ? "a PCI device has either an address or a name" : "the PCI device has no address",
                at: text.wholeRange, expected: "[DDDD:]BB:DD.F or name=NAME")
        }
        return ParsedSpec(result.value.device, warnings: result.warnings)
    }

    /// Reads the address alone, as the commands for assignable devices take it: `[DDDD:]BB:DD.F`.
    public static func parseAddress(_ word: String) throws(SpecError) -> PCIDevice {
        let text = SpecText(word)
        var draft = Draft(device: PCIDevice())
        try draft.setAddress(SpecValue(text: text, parameter: bdf, range: text.wholeRange))
        return draft.device
    }

    public static func text(for device: PCIDevice) throws(SpecError) -> String {
        var words: [String] = []
        if device.name == nil {
            let slot = device.virtualDevfn >> 3
            words.append(address(of: device) + (slot == 0 ? "" : "@" + hexadecimal(slot, digits: 1)))
        }
        for row in rows {
            guard let value = row.write(Draft(device: device)) else { continue }
            guard !value.utf8.contains(UInt8(ascii: ",")) else {
                throw SpecError(
                    .inexpressible, "pci: \(row.parameter.name) cannot be written: its value holds a comma", at: 0..<0)
            }
            words.append("\(row.parameter.name)=\(value)")
        }
        return words.joined(separator: ",")
    }

    /// `DDDD:BB:DD.F`, or `DDDD:BB:DD.*` for all functions.
    static func address(of device: PCIDevice) -> String {
        hexadecimal(UInt32(truncatingIfNeeded: device.domain), digits: 4) + ":"
            + hexadecimal(UInt32(device.bus), digits: 2) + ":" + hexadecimal(UInt32(device.device), digits: 2) + "."
            + (device.functionMask == allFunctions ? "*" : hexadecimal(UInt32(device.function), digits: 1))
    }

    /// `LIBXL_PCI_FUNC_ALL`: the mask of a device with all of its functions.
    private static let allFunctions = UInt32.max

    private struct Draft: Sendable {
        var device: PCIDevice
        var hasAddress = false

        mutating func setAddress(_ value: SpecValue) throws(SpecError) {
            let text = value.text
            let malformed = value.error(.syntax, "\"\(value.string)\" is not the address of a PCI device")
            guard let (front, function) = text.pair(value.range, separator: UInt8(ascii: ".")) else { throw malformed }
            let fields = text.bytes[front].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard (2...3).contains(fields.count) else { throw malformed }
            let domain = fields.count == 3 ? try PCISpec.number(value.part(fields[0].indices), 0xFFFF) : 0
            device.domain = Int32(domain)
            device.bus = UInt8(try PCISpec.number(value.part(fields[fields.count - 2].indices), 0xFF))
            device.device = UInt8(try PCISpec.number(value.part(fields[fields.count - 1].indices), 0x1F))
            if text.equals("*", at: function) {
                device.function = 0
                device.functionMask = PCISpec.allFunctions
            } else {
                device.function = UInt8(try PCISpec.number(value.part(function), 7))
                device.functionMask = 1
            }
            hasAddress = true
        }
    }

    private static let bdf = SpecParameter("bdf", .text("[DDDD:]BB:DD.F"), "the device's address on the host")

    private static let policies: [(word: String, value: RDMReservePolicy)] = [
        ("strict", .strict), ("relaxed", .relaxed),
    ]

    private static let rows: [SpecRow<Draft>] = [
        SpecRow(
            bdf, read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in try draft.setAddress(value) }),
        .text("name", \.device.name, "NAME", "name given by xl pci-assignable-add"),
        SpecRow(
            SpecParameter("vslot", .text("a hexadecimal number up to 1f"), "slot in the guest"),
            read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in
                draft.device.virtualDevfn = try slotNumber(value)
            },
            write: { draft in
                draft.device.name == nil || draft.device.virtualDevfn == 0
                    ? nil : hexadecimal(draft.device.virtualDevfn >> 3, digits: 1)
            }),
        switched("permissive", \.device.permissive, "the guest may write to all of the configuration space"),
        switched("msitranslate", \.device.msitranslate, "translate MSI to INTx; without effect on most hosts"),
        switched("seize", \.device.seize, "take the device from its driver"),
        switched("power_mgmt", \.device.powerMgmt, "the guest may manage the device's power"),
        SpecRow(
            SpecParameter("rdm_policy", .choice(policies.map(\.word)), "what to do when reserved memory is in the way"),
            read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in
                draft.device.rdmPolicy = try value.choice(policies, ignoringCase: true)
            },
            write: { draft in policies.first { $0.value == draft.device.rdmPolicy }?.word }),
    ]

    private static func switched(
        _ name: String, _ path: SpecRow<Draft>.Path<Bool>, _ summary: String
    ) -> SpecRow<Draft> {
        SpecRow(
            SpecParameter(name, .boolean, summary),
            read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: 10, in: Int64.min...Int64.max) { draft[keyPath: path] = $0 != 0 }
            },
            write: { $0[keyPath: path] ? "1" : nil })
    }

    private static let list = ParameterList<Draft>(key: grammar.key, rows: rows)

    /// Reads `ADDRESS` or `ADDRESS@SLOT`.
    private static func readPlace(_ value: SpecValue, into draft: inout Draft) throws(SpecError) {
        guard let (address, slot) = value.text.pair(value.range, separator: UInt8(ascii: "@")) else {
            return try draft.setAddress(value)
        }
        try draft.setAddress(value.part(address))
        draft.device.virtualDevfn = try slotNumber(value.part(slot))
    }

    private static func slotNumber(_ value: SpecValue) throws(SpecError) -> UInt32 { try number(value, 0x1F) << 3 }

    /// Hexadecimal digits only, as addresses are written.
    private static func number(_ value: SpecValue, _ most: UInt32) throws(SpecError) -> UInt32 {
        let digits = value.bytes
        guard !digits.isEmpty, digits.count <= 8,
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-")
        else { throw value.error(.syntax, "\"\(value.string)\" is not a hexadecimal number") }
        guard number <= most else {
            throw value.error(.outOfRange, "\(value.string) is above \(String(most, radix: 16))")
        }
        return number
    }

    private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text
    }
}

/// Reserved device memory: `rdm` in `xl.cfg`.
public enum RDMSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: RDMReserve) throws(SpecError) -> ParsedSpec<RDMReserve> {
        let text = SpecText(bytes)
        guard !text.parts().isEmpty else {
            throw text.error(
                .missingParameter, "rdm is empty", at: text.wholeRange,
                expected: "strategy=host[,policy=strict|relaxed]")
        }
        return try list.parse(text, into: device)
    }

    public static func text(for device: RDMReserve) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let policies: [(word: String, value: RDMReservePolicy)] = [
        ("strict", .strict), ("relaxed", .relaxed),
    ]

    private static let list = ParameterList<RDMReserve>(
        key: "rdm",
        rows: [
            SpecRow(
                SpecParameter("strategy", .choice(["host"]), "whose reserved memory is kept free"),
                read: { (rdm: inout RDMReserve, value: SpecValue) throws(SpecError) in
                    rdm.strategy = try value.choice([("host", RDMReserveStrategy.host)], ignoringCase: false)
                },
                write: { $0.strategy == .host ? "host" : nil }),
            SpecRow(
                SpecParameter("policy", .choice(policies.map(\.word)), "what to do when that is not possible"),
                read: { (rdm: inout RDMReserve, value: SpecValue) throws(SpecError) in
                    rdm.policy = try value.choice(policies, ignoringCase: true)
                },
                write: { rdm in policies.first { $0.value == rdm.policy }?.word }),
        ])
}
