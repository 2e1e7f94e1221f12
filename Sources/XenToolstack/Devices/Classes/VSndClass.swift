import DomainModel

extension VSndDevice: NumberedDevice {}

/// Sound cards: a tree of cards, PCM devices and streams (the nodes are those of `xen/io/sndif.h`).
public enum VSndClass: DeviceClass {
    public static let kind = DeviceKind.vsnd
    public static let noun = "sound card"
    public static let devices: WritableKeyPath<DomainConfiguration, [VSndDevice]> & Sendable = \.vsnds
    public static let followsStubDomain = true
    public static let isReconciled = true

    public static func plan(
        _ card: VSndDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        var nodes: [DevicePlan.Entry] = []
        if let name = card.longName { nodes.append(.init("long-name", name)) }
        if let name = card.shortName { nodes.append(.init("short-name", name)) }
        nodes += parameters(card.params, below: "")
        for (number, pcm) in card.pcms.enumerated() {
            if let name = pcm.name { nodes.append(.init("\(number)/name", name)) }
            nodes += parameters(pcm.params, below: "\(number)/")
            for (streamNumber, stream) in pcm.streams.enumerated() {
                let path = "\(number)/\(streamNumber)/"
                if let id = stream.uniqueID { nodes.append(.init("\(path)unique-id", id)) }
                if let type = stream.type { nodes.append(.init("\(path)type", type.name)) }
                nodes += parameters(stream.params, below: path)
            }
        }
        return DevicePlan(try address(of: card, context), frontend: nodes)
    }

    private static func parameters(_ parameters: VSndParameters, below path: String) -> [DevicePlan.Entry] {
        var nodes: [DevicePlan.Entry] = []
        func add(_ key: String, _ value: String?) {
            if let value { nodes.append(.init(path + key, value)) }
        }
        func number(_ value: UInt32) -> String? { value == 0 ? nil : "\(value)" }
        func list<Element>(_ values: [Element], _ text: (Element) -> String) -> String? {
            values.isEmpty ? nil : values.map(text).joined(separator: ",")
        }
        add("sample-rates", list(parameters.sampleRates) { "\($0)" })
        add("sample-formats", list(parameters.sampleFormats) { $0.name })
        add("channels-min", number(parameters.channelsMin))
        add("channels-max", number(parameters.channelsMax))
        add("buffer-size", number(parameters.bufferSize))
        return nodes
    }
}
