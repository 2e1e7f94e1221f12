import Glibc
import XenToolstack
import XenTypes
import YajlJSON

/// The lines of `xl events`: `schemas/events.schema.json`.
enum EventOutput {
    /// "2026-11-30 16:00:00.123 web (5): paused", by the local clock.
    static func line(_ event: DomainEvent) -> String {
        "\(clock(event.time)) \(event.name.shownName) (\(event.domain)): \(words(for: event.change))".escapingControls
    }

    private static func words(for change: DomainEvent.Change) -> String {
        switch change {
        case .renamed(let old): "renamed from \(old.shownName)"
        case .shutDown(let reason): "shutdown: \(reason.name)"
        case .device(let device):
            "device: \(device.address) \(device.state?.name ?? "without state")"
                + (device.address.backendDomain == .control ? "" : " in domain \(device.address.backendDomain)")
        case .deviceRemoved(let address): "device: \(address) removed"
        case .addresses(let addresses):
            addresses.isEmpty
                ? "addresses: none"
                : "addresses: " + addresses.map { "\($0.text) (vif \($0.card))" }.joined(separator: ", ")
        case .created, .running, .paused, .destroyed: word(for: change)
        }
    }

    private static func word(for change: DomainEvent.Change) -> String {
        switch change {
        case .created: "created"
        case .renamed: "renamed"
        case .running: "running"
        case .paused: "paused"
        case .shutDown: "shutdown"
        case .destroyed: "destroyed"
        case .device: "device"
        case .deviceRemoved: "device_removed"
        case .addresses: "addresses"
        }
    }

    /// Adds a line to the answer.
    static func printLine(_ event: DomainEvent) throws(JSONEncodingError) {
        Output.print(bytes: try YajlEncoder(layout: .compact).encode(document(event)) + [UInt8(ascii: "\n")])
    }

    static func document(_ event: DomainEvent) -> JSONValue {
        var (reason, device, addresses, old): (ShutdownReason?, JSONValue, JSONValue, String?) =
            (nil, .null, .null, nil)
        switch event.change {
        case .renamed(let name): old = name
        case .shutDown(let code): reason = code
        case .device(let view): device = self.device(view.address, state: view.state)
        case .deviceRemoved(let address): device = self.device(address, state: nil)
        case .addresses(let list): addresses = .array(list.map(address))
        case .created, .running, .paused, .destroyed: break
        }
        return .object([
            ("time_ns", .count(event.time)), ("event", .string(word(for: event.change))),
            ("domid", .count(event.domain.rawValue)), ("name", .text(event.name)),
            ("uuid", .string(event.uuid.description)), ("initial", .bool(event.isInitial)),
            ("old_name", .text(old)), ("shutdown_reason", .text(reason?.name)),
            ("shutdown_code", .count(reason?.rawValue)), ("device", device), ("addresses", addresses),
        ])
    }

    private static func device(_ address: DeviceAddress, state: XenbusState?) -> JSONValue {
        .object([
            ("kind", .string(address.kind.rawValue)), ("id", .count(address.id)),
            ("backend_kind", .string(address.backendKind.rawValue)),
            ("backend_domid", .count(address.backendDomain.rawValue)), ("state", .text(state?.name)),
        ])
    }

    static func address(_ address: GuestAddress) -> JSONValue {
        .object([("vif", .count(address.card)), ("address", .string(address.text))])
    }

    private static func clock(_ time: UInt64) -> String {
        var seconds = time_t(time / 1_000_000_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &fields)
        let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let milliseconds = String(time / 1_000_000 % 1000)
        return text + "." + String(repeating: "0", count: 3 - milliseconds.utf8.count) + milliseconds
    }
}

/// The answer of `xl wait`: `schemas/wait.schema.json`.
enum WaitOutput {
    /// A guest's addresses on one line.
    static func addresses(_ view: DomainView?) -> String {
        (view?.addresses ?? []).map(\.text).joined(separator: " ")
    }

    /// - Parameter domains: the numbers of those that were there, and what was seen of them in the end.
    static func document(
        _ state: AwaitedState, _ domains: [(DomainID?, DomainView?)], duration: Duration
    ) -> JSONValue {
        .object([
            ("for", .string(state.word)),
            ("duration_ms", .count(Int64(duration / .milliseconds(1)))),
            ("domains", .array(domains.map { domain($0, $1) })),
        ])
    }

    private static func domain(_ number: DomainID?, _ view: DomainView?) -> JSONValue {
        .object([
            ("domid", .count(number?.rawValue)), ("name", .text(view?.name)),
            ("state", .string(view.map { word(for: $0.state) } ?? "gone")),
            ("addresses", .array((view?.addresses ?? []).map(EventOutput.address))),
        ])
    }

    private static func word(for state: DomainView.State) -> String {
        switch state {
        case .running: "running"
        case .paused: "paused"
        case .shutDown: "shutdown"
        case .dying: "dying"
        }
    }
}
