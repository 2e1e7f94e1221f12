import DomainModel
import XenTypes

/// Virtual TPMs: `vtpm` in `xl.cfg` and the words of `xl vtpm-attach`.
public enum VTPMSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: VTPMDevice) throws(SpecError) -> ParsedSpec<VTPMDevice> {
        let text = SpecText(bytes)
        let spec = try list.parse(text, into: device)
        guard spec.value.backendDomainName != nil else {
            throw text.error(
                .missingParameter, "vtpm: the domain that serves it is missing", at: text.wholeRange,
                expected: "backend=DOMAIN")
        }
        return spec
    }

    /// Reads words of a command line, each one parameter; none is required.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<VTPMDevice> {
        try list.parse(words: words, into: VTPMDevice())
    }

    public static func text(for device: VTPMDevice) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<VTPMDevice>(
        key: "vtpm", ignoresBlanks: true, endsAtWord: true,
        rows: [
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the TPM"),
            SpecRow(
                SpecParameter("uuid", .text("a UUID of the form 8-4-4-4-12"), "the TPM's identity"),
                read: { (vtpm: inout VTPMDevice, value: SpecValue) throws(SpecError) in
                    let groups = value.string.utf8.split(separator: UInt8(ascii: "-")).map(\.count)
                    guard groups == [8, 4, 4, 4, 12], let uuid = XenUUID(value.string) else {
                        throw value.error(.invalidValue, "\"\(value.string)\" is not a UUID")
                    }
                    vtpm.uuid = uuid
                },
                write: { $0.uuid?.description }),
        ])
}

/// PV Calls interfaces: `pvcalls` in `xl.cfg`.
public enum PVCallsSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(
        bytes: [UInt8], into device: PVCallsDevice
    ) throws(SpecError) -> ParsedSpec<PVCallsDevice> {
        try list.parse(SpecText(bytes), into: device)
    }

    public static func text(for device: PVCallsDevice) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<PVCallsDevice>(
        key: "pvcalls", ignoresBlanks: true, endsAtWord: true,
        rows: [.text("backend", \.backendDomainName, "DOMAIN", "domain that serves the calls")])
}

/// Shared folders over 9P: `p9` in `xl.cfg`.
public enum P9Spec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    /// Reads a specification.
    ///
    /// A folder of type `xen_9pfsd` may come without a path; its default depends on the domain's name.
    public static func parse(bytes: [UInt8], into device: P9Device) throws(SpecError) -> ParsedSpec<P9Device> {
        let text = SpecText(bytes)
        let spec = try list.parse(text, into: device)
        let folder = spec.value
        let isDaemon = folder.type == .xen9pfsd
        let missing = [
            ("tag", folder.tag == nil && !isDaemon), ("path", folder.path == nil && !isDaemon),
            ("security_model", folder.securityModel == nil),
        ].filter(\.1).map(\.0)
        guard missing.isEmpty else {
            throw text.error(
                .missingParameter, "p9: missing \(missing.joined(separator: ", "))", at: text.wholeRange,
                expected: "tag=TAG,path=PATH,security_model=MODEL")
        }
        let hasQuota = folder.maxFiles != 0 || folder.maxOpenFiles != 0 || folder.maxSpace != 0 || folder.autoDelete
        guard isDaemon || !hasQuota else {
            throw text.error(
                .conflict, "p9: quotas and auto-delete need type=xen_9pfsd", at: text.wholeRange)
        }
        return spec
    }

    public static func text(for device: P9Device) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<P9Device>(
        key: "p9", ignoresBlanks: true, endsAtWord: true,
        rows: [
            .text("tag", \.tag, "TAG", "name by which the guest mounts the folder"),
            .text("path", \.path, "PATH", "the folder"),
            .text("security_model", \.securityModel, "none", "how ownership and permissions are kept"),
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the folder"),
            .choice("type", \.type, "what serves the folder", since: "4.19"),
            limit("max-files", \.maxFiles, "files and folders at most; 0 for no limit"),
            limit("max-open-files", \.maxOpenFiles, "open files at most; 0 for no limit"),
            limit("max-space", \.maxSpace, "MiB at most; 0 for no limit"),
            .boolean("auto-delete", \.autoDelete, "delete the oldest files at the limit", since: "4.19"),
        ])

    private static func limit(
        _ name: String, _ path: SpecRow<P9Device>.Path<Int32>, _ summary: String
    ) -> SpecRow<P9Device> {
        .number(name, path, base: 10, in: 0...Int32.max, summary, since: "4.19")
    }
}

/// Virtio devices: `virtio` in `xl.cfg`, from Xen 4.18 on.
public enum VirtIOSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    /// Reads a specification. The type `virtio,deviceN` holds the separator, and is still one value.
    public static func parse(bytes: [UInt8], into device: VirtIODevice) throws(SpecError) -> ParsedSpec<VirtIODevice> {
        let text = SpecText(bytes)
        var reader = ParameterList.Reader(list: list, device: device, isTolerant: true)
        var parts = text.parts()[...]
        while let part = parts.popFirst() {
            var part = part
            if text.hasPrefix("type=virtio", at: text.withoutLeadingSpaces(part)), let next = parts.first,
                text.pair(next) == nil
            {
                part = part.lowerBound..<next.upperBound
                parts = parts.dropFirst()
            }
            reader.read(part, of: text)
        }
        return try reader.finish()
    }

    public static func text(for device: VirtIODevice) throws(SpecError) -> String {
        var rest = device
        let type = device.type.map { "type=\($0)" }
        rest.type = nil
        if let type, try parse(bytes: type.unescapedBytes, into: VirtIODevice()).value.type != device.type {
            throw SpecError(.inexpressible, "virtio: type cannot be written: its value holds a separator", at: 0..<0)
        }
        return ([type].compactMap { $0 } + (try list.words(for: rest))).joined(separator: ",")
    }

    private static let list = ParameterList<VirtIODevice>(
        key: "virtio",
        rows: [
            .text("type", \.type, "virtio,deviceN", "kind of device, N its number in hexadecimal", since: "4.18"),
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the device", since: "4.18"),
            .choice("transport", \.transport, "how the guest reaches the device", since: "4.18"),
            .boolean(
                "grant_usage", \.grantUsage, base: 0, "whether the backend reaches memory by grants", since: "4.18"),
        ])
}

/// Devices of a device tree to pass through: `dtdev` in `xl.cfg`, a path each.
public enum DTDeviceSpec: DeviceSpec {
    public static let grammar = SpecGrammar(key: "dtdev", parameters: [])

    public static func parse(bytes: [UInt8], into device: DTDevice) throws(SpecError) -> ParsedSpec<DTDevice> {
        var device = device
        device.path = String(escapingBytes: bytes)
        return ParsedSpec(device)
    }

    public static func text(for device: DTDevice) throws(SpecError) -> String { device.path ?? "" }
}
