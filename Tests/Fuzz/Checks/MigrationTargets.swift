import Glibc
import SystemPackage
import YajlJSON

@testable import XenToolstack

extension FuzzTarget {
    /// Saved domains, and what two hosts tell each other.
    static let migration: [FuzzTarget] = [
        FuzzTarget("Journal", checkJournal),
        FuzzTarget("SaveHeader", checkSaveFileHeader),
        FuzzTarget("Stream", checkStream),
        FuzzTarget("Checkpoint", checkCheckpoints),
        FuzzTarget("Netlink", checkNetlinkAnswer),
        FuzzTarget("FaultyJSON", checkFaultyJSON),
    ]
}

/// What two hosts note and tell each other of a migration, which other programs and a failing disk can have changed:
/// what is read must be the same after writing and reading it again.
@Sendable private func checkJournal(_ bytes: [UInt8]) throws {
    try checkEntry(Handover.self, bytes)
    try checkEntry(Arrival.self, bytes)
    try checkEntry(ArrivalAnswer.self, bytes)
}

private func checkEntry<Entry: Codable & Equatable>(_: Entry.Type, _ bytes: [UInt8]) throws {
    guard let entry = try? YajlDecoder().decode(Entry.self, from: bytes) else { return }
    let again = (try? YajlEncoder().encode(entry)).flatMap { try? YajlDecoder().decode(Entry.self, from: $0) }
    try require(again == entry, "\(entry) became \(String(describing: again))")
}

/// Headers of saved domains: what is read must be the same after writing and reading it again, and no more than what
/// there is can be taken.
@Sendable private func checkSaveFileHeader(_ bytes: [UInt8]) throws {
    var reader = StreamReader(ByteArraySource(bytes))
    do {
        let header = try SaveFileHeader.read(from: &reader).header
        try require(reader.offset <= UInt64(bytes.count), "\(reader.offset) bytes of \(bytes.count)")
        guard let (written, info) = header.encoded() else { return }
        var second = StreamReader(ByteArraySource(written))
        let again = try SaveFileHeader.read(from: &second)
        // An empty JSON text is written as none.
        try require(again.header == header && again.info == info, "\(header)\nbecame\n\(again)")
    } catch let error as StreamError {
        try require(error.offset <= UInt64(bytes.count), "\(error) is behind the end")
    }
}

/// libxl's streams, as if no libxc stream stood between the records: what is read must be the same after writing it.
@Sendable private func checkStream(_ bytes: [UInt8]) throws {
    do {
        var reader = try LibxlStreamReader(StreamReader(ByteArraySource(bytes)))
        while true {
            let record = try reader.next()
            guard var written = record.encoded() else {
                throw BrokenPromise(description: "\(record) has no form")
            }
            if case .emulatorContext(_, let length) = record {
                var state: [UInt8] = []
                while let piece = try reader.nextOfContext() { state += piece }
                try require(UInt64(state.count) == length, "\(state.count) of \(length) bytes")
                written += state + LibxlRecord.paddingAfterContext(of: length)
            }
            var second = try LibxlStreamReader(StreamReader(ByteArraySource(LibxlStream.header() + written)))
            try require(try second.next() == record, "\(record) became another")
            if record == .end { return }
        }
    } catch let error as StreamError {
        try require(error.offset <= UInt64(bytes.count), "\(error) is behind the end")
    }
}

/// What comes between libxc's parts of a checkpoint: only whole ones count, and nothing is left of half a one.
@Sendable private func checkCheckpoints(_ bytes: [UInt8]) throws {
    var template = Array("/tmp/fuzz-checkpoints.XXXXXX".utf8CString)
    guard let name = mkdtemp(&template) else { throw Errno(rawValue: errno) }
    let directory = FilePath(String(cString: name))
    let (stream, state) = (directory.appending("stream"), directory.appending("state"))
    defer { for path in [stream, state, directory] { remove(path.string) } }
    let descriptor = try FileDescriptor.open(
        stream, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerRead, .ownerWrite])
    defer { try? descriptor.close() }
    _ = try descriptor.writeAll(bytes)
    _ = try descriptor.seek(offset: 0, from: .start)
    do {
        let reader = try LibxlStreamReader(StreamReader(DescriptorSource(descriptor: descriptor)))
        let checkpoints = CheckpointReader(reader, deviceModelState: state)
        while try checkpoints.read() {}
    } catch is StreamError {
        return
    } catch let error as ToolstackError {
        try require(!error.description.isEmpty, "an error without words")
    }
    try require(access("\(state).next", F_OK) != 0, "half a state is left")
}

/// What the kernel answers about a queue: an error has a number that errno can have.
@Sendable private func checkNetlinkAnswer(_ bytes: [UInt8]) throws {
    guard let error = NetlinkMessage.error(in: bytes[...]) else { return try require(bytes.count >= 20, "no answer") }
    try require(error.rawValue != 0, "an error without a number")
}

/// What another host's answer can be made of: a fault lies within the text, and its words can be shown.
@Sendable private func checkFaultyJSON(_ bytes: [UInt8]) throws {
    do throws(JSONDecodingError) {
        _ = try YajlDecoder().decode(MigrationRequest.self, from: bytes)
    } catch {
        guard error.line > 0 else { return }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        try require(error.line <= max(lines.count, 1), "line \(error.line) of \(lines.count)")
        let length = lines.indices.contains(error.line - 1) ? lines[error.line - 1].count : 0
        try require((1...length + 1).contains(error.column), "column \(error.column) of \(length)")
        try require(!error.reason.isEmpty, "a fault without words")
    }
}
