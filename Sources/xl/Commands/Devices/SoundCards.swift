import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// A sound card with its PCM devices and their streams. The guest owns all these nodes.
struct SoundCardStatus: ListedDevice {
    struct PCM: Sendable {
        let part: DevicePart
        let streams: [DevicePart]
    }

    /// Nodes that a card, a PCM and a stream can each have.
    static let parameters = ["channels-min", "channels-max", "buffer-size", "sample-rates", "sample-formats"]

    let device: DeviceStatus
    let pcms: [PCM]

    /// The card's own nodes.
    var part: DevicePart { DevicePart(values: device.frontend) }
}

/// `xl vsnd-attach`, `vsnd-list` and `vsnd-detach`.
enum SoundCards: AttachableDevices {
    typealias Kind = VSndClass

    static let word = "vsnd"
    static let noun = "sound device"

    // MARK: Attaching

    static let key = "vsnd"
    static let discussion = "Each word is an item of a sound card as vsnd= has it: card,…, pcm,… or stream,…."
    static let operand: ArgumentHelp = "Items of the card."
    static let needsOperand = true

    static func parse(_ words: [String], _ context: CommandContext) throws -> ParsedSpec<VSndDevice> {
        try VSndSpec.parse(words: words)
    }

    // MARK: Listing

    /// Upstream's word for them.
    static let plural = "display devices"

    static func devices(of domain: DomainID, _ engine: DeviceEngine) throws(ToolstackError) -> [SoundCardStatus] {
        let parameters = SoundCardStatus.parameters
        let devices = try engine.statuses(
            of: domain, kinds: kinds, recordKeys: [], frontendKeys: ["short-name", "long-name"] + parameters)
        return try devices.map { (device) throws(ToolstackError) in
            let pcms = try engine.parts(of: device.address, keys: ["name"] + parameters)
            return SoundCardStatus(
                device: device,
                pcms: try pcms.enumerated().map { (index, pcm) throws(ToolstackError) in
                    SoundCardStatus.PCM(
                        part: pcm,
                        streams: try engine.parts(
                            of: device.address, below: "\(index)",
                            keys: ["unique-id", "type", "event-channel", "ring-ref"] + parameters))
                })
        }
    }

    static func text(_ cards: [SoundCardStatus]) -> String {
        cards.map { card in
            let address = card.device.address
            var lines = [
                "",
                "devid: \(address.id), be-domid: \(address.backendDomain), handle: \(address.domain), "
                    + "state: \(card.device.numberText("state")), be-path: \(address.backend), "
                    + "fe-path: \(address.frontend)",
                "short-name: \(quoted(card.part, "short-name")), long-name: \(quoted(card.part, "long-name"))"
                    + settings(card.part),
            ]
            for (index, pcm) in card.pcms.enumerated() {
                lines.append("\tpcm: \(index), name: \(quoted(pcm.part, "name"))" + settings(pcm.part))
                for (index, stream) in pcm.streams.enumerated() {
                    let type = stream.values["type"] ?? "(null)"
                    lines += [
                        "\t\tstream: \(index), unique-id: \(quoted(stream, "unique-id")), "
                            + "type: \(type.escapingControls)" + settings(stream),
                        "\t\t\tevent-channel: \(stream.number("event-channel") ?? -1), "
                            + "ring-ref: \(stream.number("ring-ref") ?? -1)",
                    ]
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func quoted(_ part: DevicePart, _ key: String) -> String {
        "\"\((part.values[key] ?? "(null)").escapingControls)\""
    }

    private static func settings(_ part: DevicePart) -> String {
        SoundCardStatus.parameters.compactMap { key in
            part.values[key].map { ", \(key): \($0.replacing(",", with: ";").escapingControls)" }
        }.joined()
    }

    static let fields: [Field<SoundCardStatus>] = [
        .domid, .deviceNumber, Field("short_name") { $0.part.values["short-name"] },
        Field("long_name") { $0.part.values["long-name"] },
        Field("parameters") { FieldDocument($0.part, parameterFields) },
        Field("pcms") { FieldDocument.list($0.pcms, pcmFields) }, .backendDomid, .state, .backendPath, .frontendPath,
    ]

    private static let pcmFields: [Field<SoundCardStatus.PCM>] = [
        Field("name") { $0.part.values["name"] }, Field("parameters") { FieldDocument($0.part, parameterFields) },
        Field("streams") { FieldDocument.list($0.streams, streamFields) },
    ]

    private static let streamFields: [Field<DevicePart>] = [
        .text("unique-id"), .text("type"), Field("parameters") { FieldDocument($0, parameterFields) },
        .number("event-channel"), .number("ring-ref"),
    ]

    private static let parameterFields: [Field<DevicePart>] = [
        Field("sample_rates") { $0.values["sample-rates"]?.split(separator: ",").compactMap { UInt32($0) } },
        Field("sample_formats") { $0.values["sample-formats"]?.split(separator: ",").map(String.init) },
        .number("channels-min"), .number("channels-max"), .number("buffer-size"),
    ]
}
