import DomainModel
import XenTypes

/// Sound cards: the inner lists of `vsnd` in `xl.cfg` and the words of `xl vsnd-attach`.
///
/// A card is a sequence of items, each `card,…`, `pcm,…` or `stream,…`: a stream belongs to the PCM device before
/// it, a PCM device to the card.
public enum VSndSpec {
    /// The parameters of each kind of item.
    public static let grammars = [card.grammar, pcm.grammar, stream.grammar]

    /// Reads the items of one card.
    ///
    /// - Throws: errors whose `word` is the index of the faulty item.
    public static func parse(
        items: [[UInt8]], into device: VSndDevice = VSndDevice()
    ) throws(SpecError) -> ParsedSpec<VSndDevice> {
        var result = ParsedSpec(device)
        var faults = SpecFaults()
        for (index, item) in items.enumerated() {
            faults.collect { () throws(SpecError) in try read(SpecText(item, word: index), into: &result) }
        }
        try faults.throwIfAny()
        return result
    }

    /// Reads words of a command line, each one item.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<VSndDevice> {
        try parse(items: words.map(\.unescapedBytes))
    }

    /// The items that give this card.
    public static func items(for device: VSndDevice) throws(SpecError) -> [String] {
        var items: [String] = []
        func add(_ kind: String, _ words: [String]) { items.append(([kind] + words).joined(separator: ",")) }
        let words = try card.words(for: device)
        if !words.isEmpty { add("card", words) }
        for device in device.pcms {
            add("pcm", try pcm.words(for: device))
            for device in device.streams { add("stream", try stream.words(for: device)) }
        }
        return items
    }

    private static func read(_ text: SpecText, into result: inout ParsedSpec<VSndDevice>) throws(SpecError) {
        let parts = text.parts()
        guard let first = parts.first.map(text.withoutLeadingSpaces) else { return }
        let rest = parts.dropFirst()
        switch text.string(first).lowercased() {
        case "card": try card.read(rest, of: text, into: &result.value, warnings: &result.warnings)
        case "pcm":
            var device = VSndPCM()
            try pcm.read(rest, of: text, into: &device, warnings: &result.warnings)
            result.value.pcms.append(device)
        case "stream":
            var device = VSndStream()
            try stream.read(rest, of: text, into: &device, warnings: &result.warnings)
            if result.value.pcms.isEmpty { result.value.pcms.append(VSndPCM()) }
            result.value.pcms[result.value.pcms.count - 1].streams.append(device)
        default:
            throw text.error(
                .unknownParameter, "vsnd: unknown item \"\(text.string(first))\"", at: first,
                expected: "card, pcm or stream",
                suggestion: Suggestion.nearest(to: text.string(first), among: ["card", "pcm", "stream"]))
        }
    }

    private static let card = ParameterList<VSndDevice>(
        key: "vsnd card",
        rows: [
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the card"),
            .text("short-name", \.shortName, "NAME", "the card's short name"),
            .text("long-name", \.longName, "NAME", "the card's long name"),
        ] + parameters(\.params))

    private static let pcm = ParameterList<VSndPCM>(
        key: "vsnd pcm", rows: [.text("name", \.name, "NAME", "the PCM device's name")] + parameters(\.params))

    private static let streamTypes = VSndStreamType.names.map { (word: $0.value, value: $0.key) }

    private static let stream = ParameterList<VSndStream>(
        key: "vsnd stream",
        rows: [
            .text("unique-id", \.uniqueID, "ID", "name by which the backend knows the stream"),
            SpecRow(
                SpecParameter("type", .choice(streamTypes.map(\.word)), "playback or capture"),
                read: { (stream: inout VSndStream, value: SpecValue) throws(SpecError) in
                    stream.type = try value.choice(streamTypes, ignoringCase: true)
                },
                write: { $0.type?.name }),
        ] + parameters(\.params))

    private static let formats = VSndPCMFormat.names.map { (word: $0.value, value: $0.key) }

    /// What card, PCM device and stream have in common; the inner one's settings hold.
    private static func parameters<Device: Sendable>(
        _ path: WritableKeyPath<Device, VSndParameters> & Sendable
    ) -> [SpecRow<Device>] {
        [
            listed("sample-rates", "RATE[;…]", "rates in Hz", path, \.sampleRates) {
                (value: SpecValue) throws(SpecError) in
                try value.number(base: 0, in: 0...UInt32.max)
            } write: {
                String($0)
            },
            listed("sample-formats", "FORMAT[;…] such as s16_le", "formats of samples", path, \.sampleFormats) {
                (value: SpecValue) throws(SpecError) in
                try value.choice(formats, ignoringCase: true)
            } write: {
                $0.name
            },
            number("channels-min", "fewest channels", path, \.channelsMin),
            number("channels-max", "most channels", path, \.channelsMax),
            number("buffer-size", "largest buffer in bytes", path, \.bufferSize),
        ]
    }

    private static func number<Device: Sendable>(
        _ name: String, _ summary: String, _ path: WritableKeyPath<Device, VSndParameters> & Sendable,
        _ field: WritableKeyPath<VSndParameters, UInt32> & Sendable
    ) -> SpecRow<Device> {
        SpecRow(
            SpecParameter(name, .number(0...Int64(UInt32.max)), summary),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                try value.looseNumber(base: 0, in: 0...UInt32.max) { device[keyPath: path][keyPath: field] = $0 }
            },
            write: { device in
                let number = device[keyPath: path][keyPath: field]
                return number == 0 ? nil : String(number)
            })
    }

    private static func listed<Device: Sendable, Element>(
        _ name: String, _ placeholder: String, _ summary: String,
        _ path: WritableKeyPath<Device, VSndParameters> & Sendable,
        _ field: WritableKeyPath<VSndParameters, [Element]> & Sendable,
        read: @escaping @Sendable (SpecValue) throws(SpecError) -> Element,
        write: @escaping @Sendable (Element) -> String
    ) -> SpecRow<Device> {
        SpecRow(
            SpecParameter(name, .text(placeholder), summary),
            read: { (device: inout Device, value: SpecValue) throws(SpecError) in
                var elements: [Element] = []
                for part in value.text.parts(of: value.range, separator: UInt8(ascii: ";")) {
                    elements.append(try read(value.part(part)))
                }
                device[keyPath: path][keyPath: field] = elements
            },
            write: { device in
                let elements = device[keyPath: path][keyPath: field]
                return elements.isEmpty ? nil : elements.map(write).joined(separator: ";")
            })
    }
}
