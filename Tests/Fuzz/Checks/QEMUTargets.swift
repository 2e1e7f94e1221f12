import XenTypes
import YajlJSON

@testable import XenToolstack

extension FuzzTarget {
    /// What a QEMU says, which a guest may have taken over.
    static let deviceModel: [FuzzTarget] = [
        FuzzTarget("QMP", checkQMP),
        FuzzTarget("QEMUAnswers", checkAnswers),
    ]
}

/// What is said of bytes says something, and not all of them: it goes to a terminal or a log.
func checkShort(_ text: String) throws {
    try require(!text.isEmpty && text.utf8.count < 8192, "a text of \(text.utf8.count) bytes")
}

/// However the bytes come in pieces, the same messages come out, and each refusal has words.
@Sendable private func checkQMP(_ bytes: [UInt8]) throws {
    let whole = QMPReception(bytes, piece: max(bytes.count, 1))
    if bytes.count < QMPLines.limit, let first = bytes.first {
        let pieces = QMPReception(bytes, piece: Int(first) % 64 + 1)
        try require(pieces == whole, "\(whole) or, in pieces, \(pieces)")
    }
    if let error = whole.error { try checkShort(error.cause) }
    for line in whole.lines {
        try require(!line.isEmpty && line.count <= QMPLines.limit, "a line of \(line.count) bytes")
        let message: QMPMessage
        do throws(QMPError) { message = try QMPMessage(line) } catch {
            try checkShort(error.cause)
            continue
        }
        try checkMessage(message)
    }
}

private struct QMPReception: Equatable {
    var lines: [[UInt8]] = []
    var error: QMPError?

    init(_ bytes: [UInt8], piece: Int) {
        var reader = QMPLines()
        do throws(QMPError) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                reader.append(bytes[start..<min(start + piece, bytes.count)])
                while let line = try reader.next() { lines.append(line) }
            }
        } catch {
            self.error = error
        }
    }
}

/// A value that goes back to QEMU must be one line, and the same there.
private func checkMessage(_ message: QMPMessage) throws {
    switch message {
    case .greeting, .event: return
    case .refusal(_, let refusal): try checkShort(QMPError.refused(refusal).cause)
    case .success(_, let value): try checkValue(value)
    }
}

private func checkValue(_ value: JSONValue) throws {
    guard let line = try? QMPMessage.command("x", [("v", value)], id: 1) else { return }
    try require(line.suffix(2) == [13, 10] && line.count { $0 == 10 } == 1, "\(value) is not one line")
    let again = try? YajlDecoder(maximumSize: 16 << 20).decode(JSONValue.self, from: line.dropLast(2))
    try require(again?["arguments"]?["v"] == value, "\(value) became \(String(describing: again))")
}

/// What is taken from an answer can be written into the store.
@Sendable private func checkAnswers(_ bytes: [UInt8]) throws {
    guard let answer = try? YajlDecoder().decode(JSONValue.self, from: bytes) else { return }
    let domain = DomainID(7)
    try reading { try checkNodes(DeviceModelFacts.serialNodes(answer, of: domain), below: domain) }
    try reading { try checkNodes(DeviceModelFacts.displayNodes(answer, listen: nil, of: domain), below: domain) }
    try reading {
        let present = try DeviceModelVCPUs.present(answer)
        try require(present.count <= answer.array?.count ?? 0, "\(present) are more than there are")
    }
    try reading {
        let slots = try DeviceModelVCPUs.slots(answer)
        try require(slots.allSatisfy { $0.first?.name == "driver" }, "a place without a driver")
    }
}

/// An answer that cannot be read is refused in words.
private func reading(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as QMPError {
        try checkShort(error.cause)
    }
}

private func checkNodes(_ nodes: [StoreNode], below domain: DomainID) throws {
    for node in nodes {
        try require(node.path.problem == nil, "\(node.path) is no path")
        try require(DomainPaths(domain).guest.contains(node.path), "\(node.path) is not the guest's")
    }
}
