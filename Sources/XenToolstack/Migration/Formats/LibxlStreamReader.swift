import XenTypes

/// Reads the records of libxl's stream one by one.
package struct LibxlStreamReader<Source: ByteSource> {
    private var reader: StreamReader<Source>
    /// What is left of the state that the last record announced, with its padding.
    private var context: (length: UInt64, padding: UInt64) = (0, 0)

    /// Most bytes of store data; a device model has a few hundred.
    static var storeDataLimit: UInt32 { 1 << 20 }

    /// Begins with the stream's header.
    package init(_ reader: StreamReader<Source>) throws(StreamError) {
        self.reader = reader
        try LibxlStream.readHeader(from: &self.reader)
    }

    package var offset: UInt64 { reader.offset }

    /// The next record. Optional ones that are unknown are passed over, and so is state that was not taken.
    package mutating func next() throws(StreamError) -> LibxlRecord {
        while true {
            while try nextOfContext() != nil {}
            let start = reader.offset
            let head = try reader.bytes(8, of: "a record's header")
            let kind = UInt32(littleEndianBytes: head)
            let length = UInt32(littleEndianBytes: head[4...])
            if let record = try record(kind, length, at: start) { return record }
        }
    }

    /// The next piece of the state that the last record, an `emulatorContext`, announced; nil when all was taken.
    package mutating func nextOfContext() throws(StreamError) -> [UInt8]? {
        guard context.length == 0 else {
            let piece = try reader.piece(of: context.length, in: "the device model's state")
            context.length -= UInt64(piece.count)
            return piece
        }
        let padding = context.padding
        context.padding = 0
        try reader.skip(padding, of: "the end of a record")
        return nil
    }

    /// - Returns: nil for a record that is to be passed over.
    private mutating func record(
        _ kind: UInt32, _ length: UInt32, at start: UInt64
    ) throws(StreamError) -> LibxlRecord? {
        let padding = LibxlRecord.padding(after: UInt64(length))
        switch kind {
        case 0: return try empty(.end, length, at: start)
        case 1: return try empty(.libxcContext, length, at: start)
        case 2: return try storeData(length, padding, at: start)
        case 3:
            let emulator = try emulator(length, at: start)
            let rest = UInt64(length) - UInt64(LibxlRecord.Emulator.length)
            context = (rest, padding)
            return .emulatorContext(emulator, length: rest)
        case 4: return try empty(.checkpointEnd, length, at: start)
        case 5:
            guard length == 4 else { throw Self.wrongLength(length, at: start) }
            let state = UInt32(littleEndianBytes: try reader.bytes(4, of: "a checkpoint's state"))
            try reader.skip(padding, of: "the end of a record")
            return .checkpointState(state)
        case 0x8000_0000...:
            try reader.skip(UInt64(length) + padding, of: "an optional record")
            return nil
        default:
            throw StreamError(
                at: start, "there is a record of the unknown type 0x\(String(kind, radix: 16))",
                remedy: "the file is damaged, or made by a newer release")
        }
    }

    private func empty(_ record: LibxlRecord, _ length: UInt32, at start: UInt64) throws(StreamError) -> LibxlRecord {
        guard length == 0 else { throw Self.wrongLength(length, at: start) }
        return record
    }

    private static func wrongLength(_ length: UInt32, at start: UInt64) -> StreamError {
        StreamError(at: start + 4, "a record's length cannot be \(length)", remedy: "the file is damaged")
    }

    private mutating func emulator(_ length: UInt32, at start: UInt64) throws(StreamError) -> LibxlRecord.Emulator {
        guard length >= UInt32(LibxlRecord.Emulator.length) else { throw Self.wrongLength(length, at: start) }
        let bytes = try reader.bytes(LibxlRecord.Emulator.length, of: "a device model's record")
        return LibxlRecord.Emulator(
            id: UInt32(littleEndianBytes: bytes), index: UInt32(littleEndianBytes: bytes[4...]))
    }

    private mutating func storeData(
        _ length: UInt32, _ padding: UInt64, at start: UInt64
    ) throws(StreamError) -> LibxlRecord {
        guard length <= Self.storeDataLimit else { throw Self.wrongLength(length, at: start) }
        let emulator = try emulator(length, at: start)
        let place = reader.offset
        let bytes = try reader.bytes(
            Int(length) - LibxlRecord.Emulator.length, of: "a device model's store data")
        try reader.skip(padding, of: "the end of a record")
        var texts = bytes.split(separator: 0, omittingEmptySubsequences: false)
        // What follows the last NUL must be nothing.
        guard texts.popLast()?.isEmpty != false, texts.count % 2 == 0 else {
            throw StreamError(at: place, "a device model's store data is cut off", remedy: "the file is damaged")
        }
        let pairs = try stride(from: 0, to: texts.count, by: 2).map { index throws(StreamError) in
            guard Self.isPath(texts[index]), texts[index + 1].allSatisfy({ (0x20...0x7e).contains($0) }) else {
                throw StreamError(at: place, "a device model's store data has a path or value that cannot be")
            }
            return LibxlRecord.StorePair(
                path: String(decoding: texts[index], as: UTF8.self),
                value: String(decoding: texts[index + 1], as: UTF8.self))
        }
        return .emulatorStoreData(emulator, pairs)
    }

    /// Whether it is a relative path in the store's alphabet.
    private static func isPath(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, first != UInt8(ascii: "/"), bytes.last != UInt8(ascii: "/") else { return false }
        return bytes.allSatisfy(\.isAllowedInStorePath)
    }
}

extension LibxlStreamReader: Sendable where Source: Sendable {}
