import DomainModel

/// Disks: `disk` in `xl.cfg` and the words of `xl block-attach` (`xl-disk-configuration(5)`).
public enum DiskSpec: DeviceSpec {
    public static let grammar = SpecGrammar(key: "disk", parameters: rows.map(\.parameter))

    public static func parse(
        bytes: [UInt8], into device: DiskDevice
    ) throws(SpecError) -> ParsedSpec<DiskDevice> {
        var reader = DiskReader(device)
        try reader.read(SpecText(bytes))
        return try reader.finish()
    }

    /// Reads words of a command line, which together describe one disk.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<DiskDevice> {
        var reader = DiskReader(DiskDevice())
        var faults = SpecFaults()
        for (position, word) in words.enumerated() {
            faults.collect { () throws(SpecError) in try reader.read(SpecText(word, word: position)) }
        }
        try faults.throwIfAny()
        return try reader.finish()
    }

    public static func text(for device: DiskDevice) throws(SpecError) -> String {
        var words: [String] = []
        for row in rows {
            guard let value = row.write(device) else { continue }
            let name = row.parameter.name
            // The target goes on to the end of its line, other values to the next comma.
            let end = name == targetName ? UInt8(ascii: "\n") : UInt8(ascii: ",")
            guard !value.utf8.contains(end) else {
                throw SpecError(
                    .inexpressible, "disk: \(name) cannot be written: its value holds a separator", at: 0..<0)
            }
            words.append(row.parameter.form == .flag ? name : "\(name)=\(value)")
        }
        return words.joined(separator: ",")
    }

    static let rowsByName = Dictionary(rows.map { ($0.parameter.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The parameter that takes all the rest of the text, commas included.
    static let targetName = "target"

    private static let formats = words(DiskFormat.self) + [("", DiskFormat.raw)]

    private static let rows: [SpecRow<DiskDevice>] = [
        SpecRow(
            SpecParameter("format", .choice(formats.map(\.word).filter { !$0.isEmpty }), "format of the image"),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                try setOnce(&disk.format, try value.choice(formats, ignoringCase: false), value)
            },
            write: { disk in
                let isImplied =
                    disk.format == .raw || disk.format == .unknown
                    || disk.format == .empty && disk.isCDROM && (disk.physicalPath ?? "").isEmpty
                return isImplied ? nil : disk.format.name
            }),
        textOnce("vdev", \.virtualDevice, "NAME", "the disk's name in the guest: xvda, hdc, sdb1, d16p0, …"),
        SpecRow(
            SpecParameter("access", .choice(["r", "ro", "w", "rw"]), "read only, or read and write"),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                disk.isWritable = try value.choice(
                    [("ro", false), ("rw", true), ("r", false), ("w", true), ("", true)], ignoringCase: false)
            },
            write: { !$0.isWritable && !$0.isCDROM ? "ro" : nil }),
        SpecRow(
            SpecParameter("devtype", .choice(["cdrom", "disk"]), "compact disc drive or disk"),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                disk.isCDROM = try value.choice([("cdrom", true), ("disk", false)], ignoringCase: false)
            },
            write: { $0.isCDROM ? "cdrom" : nil }),
        flag("cdrom", "same as devtype=cdrom", set: { $0.isCDROM = true }),
        textOnce("backend", \.backendDomainName, "DOMAIN", "domain that serves the disk"),
        choiceOnce("backendtype", \.backend, "what in the backend domain serves the disk"),
        choiceOnce("specification", \.specification, "protocol between guest and backend"),
        textOnce("script", \.script, "PATH", "script that makes the target a block device"),
        flag("direct-io-safe", "the backend may hand the guest's pages to the disk", isSet: { $0.directIOSafe }) {
            $0.directIOSafe = true
        },
        .flag("discard", \.discardEnable, true, "the guest may discard blocks"),
        .flag("no-discard", \.discardEnable, false, "the guest may not discard blocks"),
        .flag("colo", \.coloEnable, true, "COLO: replicate the disk"),
        .flag("no-colo", \.coloEnable, false, "COLO: do not replicate the disk"),
        textOnce("colo-host", \.coloHost, "HOST", "COLO: the secondary host"),
        .number("colo-port", \.coloPort, base: 10, in: 1...65535, "COLO: port on the secondary host"),
        textOnce("colo-export", \.coloExport, "NAME", "COLO: name of the export"),
        textOnce("active-disk", \.activeDisk, "PATH", "COLO: the secondary's active image"),
        textOnce("hidden-disk", \.hiddenDisk, "PATH", "COLO: the secondary's hidden image"),
        .flag("trusted", \.trusted, true, "the guest need not distrust the backend"),
        .flag("untrusted", \.trusted, false, "the guest keeps its memory from the backend"),
        SpecRow(
            SpecParameter(
                "grant_usage", .choice(["0", "1"]), "of virtio disks: access the guest's memory by grants",
                since: "4.19"),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                disk.grantUsage = try value.choice([("0", false), ("1", true)], ignoringCase: false)
            },
            write: { $0.grantUsage.map { $0 ? "1" : "0" } }),
        SpecRow(
            SpecParameter(targetName, .text("PATH"), "image or device; takes all the rest of the text"),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                try setOnce(&disk.physicalPath, value)
            },
            // One comma at the end is taken for the separator.
            write: { $0.physicalPath.map { $0.utf8.last == UInt8(ascii: ",") ? $0 + "," : $0 } }),
    ]

    // MARK: Rows that refuse a second, different value

    static func setOnce(_ field: inout String?, _ value: SpecValue) throws(SpecError) {
        guard (field ?? "").isEmpty else { throw value.error(.repeated, "given more than once") }
        field = value.string
    }

    private static func setOnce<Choice: DefaultedEnumeration>(
        _ field: inout Choice, _ choice: Choice, _ value: SpecValue
    ) throws(SpecError) {
        guard field == Choice.defaultValue || field == choice else {
            throw value.error(.repeated, "given more than once")
        }
        field = choice
    }

    private static func words<Choice: DefaultedEnumeration>(_ type: Choice.Type) -> [(word: String, value: Choice)] {
        Choice.names.filter { $0.key != Choice.defaultValue }.map { ($0.value, $0.key) }
    }

    private static func textOnce(
        _ name: String, _ path: SpecRow<DiskDevice>.Path<String?>, _ placeholder: String, _ summary: String
    ) -> SpecRow<DiskDevice> {
        SpecRow(
            SpecParameter(name, .text(placeholder), summary),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                try setOnce(&disk[keyPath: path], value)
            },
            write: { $0[keyPath: path] })
    }

    private static func choiceOnce<Choice: DefaultedEnumeration>(
        _ name: String, _ path: SpecRow<DiskDevice>.Path<Choice>, _ summary: String
    ) -> SpecRow<DiskDevice> {
        let words = words(Choice.self)
        return SpecRow(
            SpecParameter(name, .choice(words.map(\.word)), summary),
            read: { (disk: inout DiskDevice, value: SpecValue) throws(SpecError) in
                try setOnce(&disk[keyPath: path], try value.choice(words, ignoringCase: false), value)
            },
            write: { $0[keyPath: path] == Choice.defaultValue ? nil : $0[keyPath: path].name })
    }

    private static func flag(
        _ name: String, _ summary: String, isSet: @escaping @Sendable (DiskDevice) -> Bool = { _ in false },
        set: @escaping @Sendable (inout DiskDevice) -> Void
    ) -> SpecRow<DiskDevice> {
        SpecRow(
            SpecParameter(name, .flag, summary),
            read: { (disk: inout DiskDevice, _: SpecValue) throws(SpecError) in set(&disk) },
            write: { isSet($0) ? name : nil })
    }
}
