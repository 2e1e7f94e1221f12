import Events
import Glibc
import Synchronization
import SystemPackage

/// A descriptor that C code reads or writes on a thread of its own, and that can be taken from under it: the only way
/// to end a save or a restore that libxenguest performs.
public final class StreamDescriptor: Sendable {
    /// What a descriptor is for.
    public enum Direction: Sendable {
        /// To take in what others write.
        case reading
        /// To write what others take in.
        case writing
    }

    private struct State {
        var thread: pthread_t?
        /// What the system counts of that thread's reads and writes.
        var counters: FilePath?
        var isCancelled = false
        var isClosed = false
    }

    /// A duplicate of what it was made from: it shares the position, and is closed with this object.
    public let descriptor: FileDescriptor
    private let direction: Direction
    private let state = Mutex(State())

    /// A descriptor of its own for the same file, so that its loss does not reach others.
    public init(duplicating original: FileDescriptor, for direction: Direction) throws(ToolstackError) {
        let copy = fcntl(original.rawValue, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else {
            throw ToolstackError(
                .fail, "cannot use descriptor \(original.rawValue)", cause: "\(Errno(rawValue: errno))")
        }
        descriptor = FileDescriptor(rawValue: copy)
        self.direction = direction
    }

    deinit { close() }

    /// Closes the duplicate, which nobody may use any more. Doing so again changes nothing.
    public func close() {
        state.withLock { state in
            if !state.isClosed { try? descriptor.close() }
            state.isClosed = true
        }
    }

    /// Whether reads and writes have been made to fail.
    public var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Where the next byte is read or written; nil where there is no such place, as in a pipe.
    public var position: UInt64? {
        let offset = lseek(descriptor.rawValue, 0, SEEK_CUR)
        return offset < 0 ? nil : UInt64(offset)
    }

    /// The next bytes, fewer at the end, which stay to be read; none where a look is not possible, as in pipes. Waits for
    /// what is to come through a socket.
    func beginning(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { memory, found in
            let read =
                if let position {
                    pread(descriptor.rawValue, memory.baseAddress, count, off_t(clamping: position))
                } else {
                    recv(
                        descriptor.rawValue, memory.baseAddress, count, Int32(MSG_PEEK | MSG_WAITALL))
                }
            found = max(read, 0)
        }
    }

    /// Runs what uses the descriptor, on this thread, which must not be one that runs Swift's tasks.
    func use<Value, Failure: Error>(_ body: (FileDescriptor) throws(Failure) -> Value) throws(Failure) -> Value {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, Self.wakeUp)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        let counters = Self.ownCounters()
        state.withLock { ($0.thread, $0.counters) = (pthread_self(), counters) }
        defer { state.withLock { ($0.thread, $0.counters) = (nil, nil) } }
        return try body(descriptor)
    }

    /// Bytes that the thread which uses the descriptor has read so far, from wherever; nil while none does, and where the
    /// system does not count them.
    var bytesRead: UInt64? {
        guard let path = state.withLock({ $0.counters }), let bytes = (try? Files.read(path, limit: 1 << 12)) ?? nil
        else {
            return nil
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(Self.readCounter) }.flatMap { UInt64($0.dropFirst(Self.readCounter.count)) }
    }

    /// In `proc(5)`'s words.
    private static let readCounter = "rchar: "

    private static func ownCounters() -> FilePath? {
        var buffer = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/thread-self", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        let task = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return FilePath("/proc/\(task)/io")
    }

    /// Runs what uses the descriptor on a thread of its own. Cancelling the task makes reads and writes fail.
    ///
    /// - Parameter onCancel: called before that.
    func useOnOwnThread<Value: Sendable, Failure: Error>(
        onCancel: @escaping @Sendable () -> Void = {},
        _ body: @escaping @Sendable (FileDescriptor) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withTaskCancellationHandler {
            await onOwnThread {
                do throws(Failure) {
                    return .success(try self.use(body))
                } catch {
                    return .failure(error)
                }
            }
        } onCancel: {
            onCancel()
            self.cancel()
        }
        return try result.get()
    }

    /// Writes the header that goes before a stream. Cancelling the task makes it fail.
    static func sendConfiguration(_ bytes: [UInt8], to descriptor: FileDescriptor) async throws(ToolstackError) {
        let stream = try StreamDescriptor(duplicating: descriptor, for: .writing)
        defer { stream.close() }
        try await stream.useOnOwnThread { descriptor throws(ToolstackError) in
            do { _ = try descriptor.writeAll(bytes) } catch {
                throw ToolstackError(.fail, "cannot send the configuration", cause: "\(error)")
            }
        }
    }

    /// Makes reads and writes fail from now on, also those that wait.
    public func cancel() {
        state.withLock { state in
            guard !state.isCancelled, !state.isClosed else { return }
            state.isCancelled = true
            // A descriptor that cannot do what it is used for, in the place of the old one.
            let useless = open("/dev/null", (direction == .reading ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
            guard useless >= 0 else { return }
            dup2(useless, descriptor.rawValue)
            _ = fcntl(descriptor.rawValue, F_SETFD, FD_CLOEXEC)
            Glibc.close(useless)
            guard let thread = state.thread else { return }
            // What is already waiting has the old file; a signal with a handler makes it try again.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in }
            sigaction(Self.wakeUp, &action, nil)
            pthread_kill(thread, Self.wakeUp)
        }
    }

    /// A signal that nothing else uses, and that does no harm where nobody handles it.
    private static let wakeUp = SIGURG
}

/// A descriptor as a stream.
struct DescriptorSource: ByteSource {
    let descriptor: FileDescriptor

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> Int {
        do {
            return try descriptor.read(into: buffer)
        } catch {
            throw SourceError("\(error)")
        }
    }
}
