import Glibc
import XenTypes

@testable import XenStore
@testable import XenToolstack

#if canImport(xl)
    import YajlJSON

    @testable import xl
#endif

extension FuzzTarget {
    /// What xenstored says, and what guests and others have written there or into files beside it.
    static let store: [FuzzTarget] = [
        FuzzTarget("StoreMessage", checkStoreMessages),
        FuzzTarget("StoreText", checkStoreText),
        FuzzTarget("DomainIDs", checkDomainIDs),
    ]
}

/// All that is received is taken, or waits for more; what was taken can be written and read again.
@Sendable private func checkStoreMessages(_ bytes: [UInt8]) throws {
    var received: [UInt8] = []
    var taken = 0
    do {
        // As much as a read from xenstored's socket gives at once.
        for start in stride(from: 0, to: bytes.count, by: 8192) {
            received += bytes[start..<min(start + 8192, bytes.count)]
            while let message = try StoreMessage.take(from: &received) {
                taken += message.bytes.count
                var second = message.bytes
                try require(try StoreMessage.take(from: &second) == message, "\(message) became another")
                try require(second.isEmpty, "\(message) is longer than it says")
                try checkWords(of: message)
            }
        }
        try require(taken + received.count == bytes.count, "\(taken) and \(received.count) bytes of \(bytes.count)")
    } catch is StoreSocket.Failure {
        return
    }
}

private func checkWords(of message: StoreMessage) throws {
    let words = message.words
    try require(words.allSatisfy { !$0.isEmpty && !$0.utf8.contains(0) }, "words with NULs")
    try require(message.failure ?? 1 > 0, "no error number")
    guard let first = words.first else { return }
    let hub = WatchHub()
    let queue = hub.makeQueue(for: .root)
    hub.deliver(StorePath(first), words.last ?? queue.token)
    hub.deliver(StorePath(first), queue.token)
    let path = StorePath(first)
    guard path.problem == nil else { return }
    try require(path.parent?.contains(path) ?? true, "\(path) is not below its parent")
    if let parent = path.parent {
        try require(parent.relativePart(of: path) == path.lastComponent, "\(path) has another last part")
    }
}

/// One value of a node, for everything that reads such values.
@Sendable private func checkStoreText(_ bytes: [UInt8]) throws {
    // As xenstored's answer is read.
    let text = String(decoding: bytes, as: UTF8.self)
    let device = (domain: DomainID(5), kind: DeviceKind.vbd, id: UInt32(51712))
    if let address = DeviceAddress(domain: device.domain, kind: device.kind, id: device.id, backendPath: text) {
        try require((address.domain, address.kind, address.id) == device, "\(text) is another device")
        let path = address.backend.description
        let again = DeviceAddress(domain: device.domain, kind: device.kind, id: device.id, backendPath: path)
        try require(again == address && address.backendDomain.isReal, "\(text) became \(path)")
    }
    if !text.utf8.contains(0) {
        let number = Int32(truncatingIfNeeded: strtoul(text, nil, 10))
        try require(GuestNumber.value(of: text) == number, "\(text.debugDescription) is \(number)")
    }
    if let state = XenbusState(text: text) { try require(XenbusState(text: state.text) == state, text) }
    if let permissions = StorePermissions(text) {
        try require(StorePermissions(permissions.description) == permissions, text)
    }
    #if canImport(xl)
        try checkLists(of: lines(of: bytes).map { String(decoding: $0, as: UTF8.self) })
    #endif
}

/// An entry is not older than is asked for, and the same after writing and reading it again.
@Sendable private func checkDomainIDs(_ bytes: [UInt8]) throws {
    let (now, timeout) = (1000, 60)
    let entries = DomainIDHistory.recent(bytes, now: now, timeout: timeout)
    try require(entries.allSatisfy { $0.domain.isReal && $0.seconds >= now - timeout }, "\(entries)")
    let text = entries.map { "\($0.seconds) \($0.domain)\n" }.joined()
    let again = DomainIDHistory.recent(Array(text.utf8), now: now, timeout: timeout)
    try require(again == entries, "\(entries) became \(again)")
}

#if canImport(xl)
    /// What guests have written about displays and sound cards neither steers the terminal nor forges a line.
    private func checkLists(of values: [String]) throws {
        func part(_ keys: [String]) -> DevicePart {
            DevicePart(values: Dictionary(zip(keys, values)) { $1 })
        }
        let parameters = SoundCardStatus.parameters
        let card = DeviceStatus(
            address: DeviceAddress(domain: DomainID(5), kind: .vsnd, id: 0), record: [:],
            frontend: part(["state", "short-name", "long-name"] + parameters).values)
        let stream = part(["unique-id", "type", "event-channel", "ring-ref"] + parameters)
        let pcm = SoundCardStatus.PCM(part: part(["name"] + parameters), streams: [stream])
        let cards = SoundCardStatus(device: card, pcms: [pcm])
        try checkLines(SoundCards.text([cards]), count: 6)
        try checkJSON(FieldDocument(cards, SoundCards.fields))
        let screen = DeviceStatus(
            address: DeviceAddress(domain: DomainID(5), kind: .vdispl, id: 0), record: [:],
            frontend: part(["state", "be-alloc"]).values)
        let connector = part([
            "unique-id", "resolution", "req-ring-ref", "req-event-channel", "evt-ring-ref", "evt-event-channel",
        ])
        let display = DisplayStatus(device: screen, connectors: [connector])
        try checkLines(Displays.text([display]), count: 2)
        try checkJSON(FieldDocument(display, Displays.fields))
    }

    private func checkLines(_ text: String, count: Int) throws {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try require(lines.count == count, "\(lines.count) lines: \(text)")
        for line in lines {
            let plain = String(line.filter { $0 != "\t" })
            try require(plain == plain.escapingControls, "\(plain.debugDescription) is not printable")
        }
    }

    /// A text without NULs, which this decoder takes from nobody.
    private func checkJSON(_ value: some Encodable) throws {
        guard let text = try? YajlEncoder().encode(value) else { return }
        do throws(JSONDecodingError) {
            _ = try YajlDecoder(maximumSize: 64 << 20).decode(JSONValue.self, from: text)
        } catch {
            try require(error.reason == "a string holds a NUL character", "\(error)")
        }
    }
#endif
