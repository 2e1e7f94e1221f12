@testable import XenToolstack
import YajlJSON

extension FuzzTarget {
    /// Saved domains, and what two hosts tell each other.
    static let migration: [FuzzTarget] = [
        FuzzTarget("Journal", checkJournal),
        FuzzTarget("SaveHeader", checkSaveFileHeader),
        FuzzTarget("Stream", checkStream),
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
