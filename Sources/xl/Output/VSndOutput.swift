import XenToolstack
import XenTypes

/// A sound card with its PCM devices and their streams. The guest owns all these nodes.
struct SoundCardStatus {
    struct PCM {
        let part: DevicePart
        let streams: [DevicePart]
    }

    /// Nodes that a card, a PCM and a stream can each have.
    static let parameters = ["channels-min", "channels-max", "buffer-size", "sample-rates", "sample-formats"]

    let device: DeviceStatus
    let pcms: [PCM]

    static func text(_ cards: [SoundCardStatus]) -> String {
        cards.map { card in
            let address = card.device.address
            var lines = [
                "",
                "devid: \(address.id), be-domid: \(address.backendDomain), handle: \(address.domain), "
                    + "state: \(card.device.number("state") ?? -1), be-path: \(address.backend), "
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

    /// The card's own nodes.
    var part: DevicePart { DevicePart(values: device.frontend) }

    private static func quoted(_ part: DevicePart, _ key: String) -> String {
        "\"\((part.values[key] ?? "(null)").escapingControls)\""
    }

    private static func settings(_ part: DevicePart) -> String {
        parameters.compactMap { key in
            part.values[key].map { ", \(key): \($0.replacing(",", with: ";").escapingControls)" }
        }.joined()
    }
}

/// One card of `vsnd-list --json` (`schemas/vsnd-list.schema.json`).
struct SoundCardJSON: FieldDocument {
    /// What a card, a PCM and a stream can each have.
    struct Parameters: Encodable {
        let sampleRates: [UInt32]?
        let sampleFormats: [String]?
        let channelsMinimum: Int32?
        let channelsMaximum: Int32?
        let bufferSize: Int32?

        init(_ part: DevicePart) {
            sampleRates = part.values["sample-rates"]?.split(separator: ",").compactMap { UInt32($0) }
            sampleFormats = part.values["sample-formats"]?.split(separator: ",").map(String.init)
            channelsMinimum = part.number("channels-min")
            channelsMaximum = part.number("channels-max")
            bufferSize = part.number("buffer-size")
        }

        enum CodingKeys: String, CodingKey {
            case sampleRates = "sample_rates"
            case sampleFormats = "sample_formats"
            case channelsMinimum = "channels_min"
            case channelsMaximum = "channels_max"
            case bufferSize = "buffer_size"
        }
    }

    struct Stream: Encodable {
        let uniqueID: String?
        let type: String?
        let parameters: Parameters
        let eventChannel: Int32?
        let ringReference: Int32?

        init(_ part: DevicePart) {
            uniqueID = part.values["unique-id"]
            type = part.values["type"]
            parameters = Parameters(part)
            eventChannel = part.number("event-channel")
            ringReference = part.number("ring-ref")
        }

        enum CodingKeys: String, CodingKey {
            case uniqueID = "unique_id"
            case type
            case parameters
            case eventChannel = "event_channel"
            case ringReference = "ring_ref"
        }
    }

    struct PCM: Encodable {
        let name: String?
        let parameters: Parameters
        let streams: [Stream]
    }

    let domid: UInt32
    let deviceNumber: UInt32
    let shortName: String?
    let longName: String?
    let parameters: Parameters
    let pcms: [PCM]
    let backendDomid: UInt32
    let state: String?
    let backendPath: String
    let frontendPath: String

    init(_ card: SoundCardStatus) {
        let address = card.device.address
        domid = address.domain.rawValue
        deviceNumber = address.id
        shortName = card.part.values["short-name"]
        longName = card.part.values["long-name"]
        parameters = Parameters(card.part)
        pcms = card.pcms.map { pcm in
            PCM(
                name: pcm.part.values["name"], parameters: Parameters(pcm.part),
                streams: pcm.streams.map(Stream.init))
        }
        backendDomid = address.backendDomain.rawValue
        state = card.device.state?.name
        backendPath = address.backend.description
        frontendPath = address.frontend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case shortName = "short_name"
        case longName = "long_name"
        case parameters
        case pcms
        case backendDomid = "backend_domid"
        case state
        case backendPath = "backend_path"
        case frontendPath = "frontend_path"
    }
}

extension DeviceEngine {
    func soundCards(of domain: DomainID) throws(ToolstackError) -> [SoundCardStatus] {
        let parameters = SoundCardStatus.parameters
        let devices = try statuses(
            of: domain, kinds: [.vsnd], recordKeys: [], frontendKeys: ["short-name", "long-name"] + parameters)
        return try devices.map { (device) throws(ToolstackError) in
            let pcms = try parts(of: device.address, keys: ["name"] + parameters)
            return SoundCardStatus(
                device: device,
                pcms: try pcms.enumerated().map { (index, pcm) throws(ToolstackError) in
                    SoundCardStatus.PCM(
                        part: pcm,
                        streams: try parts(
                            of: device.address, below: "\(index)",
                            keys: ["unique-id", "type", "event-channel", "ring-ref"] + parameters))
                })
        }
    }
}
