import DomainModel

/// Channels, which are consoles for programs: `channel` in `xl.cfg` (`xen-pv-channel(7)`).
public enum ChannelSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    /// A channel as written: the path counts only together with the connection.
    private struct Draft: Sendable {
        enum Kind { case pty, socket }

        var device: ChannelDevice
        var kind: Kind?
        var path: String?
    }

    public static func parse(bytes: [UInt8], into device: ChannelDevice) throws(SpecError) -> ParsedSpec<ChannelDevice>
    {
        let text = SpecText(bytes)
        let draft = try list.parse(text, into: Draft(device: device))
        var channel = draft.value.device
        switch draft.value.kind {
        case .pty: channel.connection = .pty
        case .socket:
            guard let path = draft.value.path else {
                throw text.error(
                    .missingParameter, "channel: connection=socket needs the socket's path", at: text.wholeRange,
                    expected: "path=PATH")
            }
            channel.connection = .socket(path: path)
        case nil:
            throw text.error(
                .missingParameter, "channel: the connection is missing", at: text.wholeRange,
                expected: "connection=pty or connection=socket,path=PATH")
        }
        return ParsedSpec(channel, warnings: draft.warnings)
    }

    public static func text(for device: ChannelDevice) throws(SpecError) -> String {
        var draft = Draft(device: device)
        switch device.connection {
        case .unknown: break
        case .pty: draft.kind = .pty
        case .socket(let path):
            draft.kind = .socket
            draft.path = path
        }
        return try list.words(for: draft).joined(separator: ",")
    }

    private static let kinds: [(word: String, value: Draft.Kind)] = [("pty", .pty), ("socket", .socket)]

    private static let list = ParameterList<Draft>(
        key: "channel", trimsBlanks: true, ignoresUnknown: true,
        rows: [
            text("backend", \.device.backendDomainName, "DOMAIN", "domain that serves the channel"),
            text("name", \.device.name, "NAME", "name by which the guest finds the channel"),
            SpecRow(
                SpecParameter("connection", .choice(kinds.map(\.word)), "where the channel ends"),
                read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in
                    draft.kind = try value.choice(kinds, ignoringCase: false)
                },
                write: { draft in kinds.first { $0.value == draft.kind }?.word }),
            text("path", \.path, "PATH", "path of the socket"),
        ])

    /// A text that may not be empty.
    private static func text(
        _ name: String, _ path: SpecRow<Draft>.Path<String?>, _ placeholder: String, _ summary: String
    ) -> SpecRow<Draft> {
        SpecRow(
            SpecParameter(name, .text(placeholder), summary),
            read: { (draft: inout Draft, value: SpecValue) throws(SpecError) in
                guard !value.range.isEmpty else { throw value.error(.invalidValue, "the value is empty") }
                draft[keyPath: path] = value.string
            },
            write: { $0[keyPath: path] })
    }
}
