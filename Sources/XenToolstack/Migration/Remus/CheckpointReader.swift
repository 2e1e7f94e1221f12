import Glibc
import Synchronization
import SystemPackage

/// The parts of checkpoints that are the toolstack's, between libxc's: what the device model was like.
///
/// What it keeps is always of the last checkpoint that is complete.
final class CheckpointReader: Sendable {
    private struct State {
        var reader: LibxlStreamReader<DescriptorSource>
        var storeData: [LibxlRecord.StorePair] = []
    }

    private let state: Mutex<State>
    private let file: FilePath?

    /// - Parameter file: where the device model's state is to be; nil for a domain without one.
    init(_ reader: LibxlStreamReader<DescriptorSource>, deviceModelState file: FilePath?) {
        state = Mutex(State(reader: reader))
        self.file = file
    }

    /// What the device model kept in the store.
    var storeData: [LibxlRecord.StorePair] { state.withLock { $0.storeData } }

    /// Reads one checkpoint's part. Blocks.
    ///
    /// - Returns: false when the stream has ended before it was complete.
    /// - Throws: when it is none, or cannot be kept.
    func read() throws(ToolstackError) -> Bool {
        do {
            try state.withLock { try read(&$0) }
            return true
        } catch let error as StreamError where error.isEnd {
            return false
        } catch {
            throw ToolstackError(.fail, "cannot take a checkpoint", cause: "\(error)")
        }
    }

    private func read(_ state: inout State) throws {
        var storeData: [LibxlRecord.StorePair] = []
        // Beside that of the checkpoint before.
        let next = file.map { FilePath("\($0).next") }
        defer { if let next { unlink(next.string) } }
        var hasState = false
        while true {
            switch (try state.reader.next(), next) {
            case (.checkpointEnd, _):
                state.storeData = storeData
                if hasState, let next, let file, rename(next.string, file.string) != 0 { throw Errno(rawValue: errno) }
                return
            case (.emulatorStoreData(_, let pairs), .some): storeData = pairs
            case (.emulatorContext, .some(let next)):
                try Self.keep(&state.reader, in: next)
                hasState = true
            default: throw StreamError(at: state.reader.offset, "a checkpoint has a part that it cannot have")
            }
        }
    }

    private static func keep(_ reader: inout LibxlStreamReader<DescriptorSource>, in path: FilePath) throws {
        let output = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        defer { try? output.close() }
        while let piece = try reader.nextOfContext() { _ = try output.writeAll(piece) }
    }
}
