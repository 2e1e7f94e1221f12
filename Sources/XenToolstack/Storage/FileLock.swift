import Glibc
import Synchronization
import SystemPackage

/// A lock file as libxl takes it: `flock` on a file that its holder removes before letting go.
///
/// Whoever gets the lock on a file that no longer has its name has got nothing, and starts again.
public final class FileLock: Sendable {
    public let path: FilePath
    private let descriptor: Mutex<CInt>
    private let isShared: Bool

    private init(path: FilePath, descriptor: CInt, isShared: Bool) {
        self.path = path
        self.descriptor = Mutex(descriptor)
        self.isShared = isShared
    }

    deinit { release() }

    /// Takes the lock, waiting for as long as another process holds it.
    public static func acquire(_ path: FilePath) async throws(ToolstackError) -> FileLock {
        if let lock = try attempt(path, LOCK_EX | LOCK_NB) { return lock }
        return try await onOwnThread { () throws(ToolstackError) in try acquireBlocking(path) }
    }

    /// As `acquire`, but gives up after a time.
    ///
    /// - Throws: `timedOut` when another process holds it for that long.
    public static func acquire(_ path: FilePath, within limit: Duration) async throws(ToolstackError) -> FileLock {
        if let lock = try attempt(path, LOCK_EX | LOCK_NB) { return lock }
        // Nothing interrupts a thread that waits for the lock. When it gets it too late, it lets go of it.
        let result = AsyncStream<Result<FileLock, ToolstackError>>.makeStream()
        Task(executorPreference: EventLoop.shared.preference) {
            do throws(ToolstackError) {
                let lock = try await onOwnThread { () throws(ToolstackError) in try acquireBlocking(path) }
                if case .terminated = result.continuation.yield(.success(lock)) { lock.release() }
            } catch {
                result.continuation.yield(.failure(error))
            }
        }
        let stream = result.stream
        let outcome = try? await withDeadline(limit) { await stream.first { _ in true } }
        if let lock = try outcome??.get() { return lock }
        throw ToolstackError(
            Task.isCancelled ? .aborted : .timedOut, "cannot take the lock \(path)",
            cause: Task.isCancelled ? "interrupted" : "another process has held it for \(limit)")
    }

    /// As `acquire`, but blocks the thread: for locks that are held only for moments.
    public static func acquireBlocking(_ path: FilePath) throws(ToolstackError) -> FileLock {
        while true {
            if let lock = try attempt(path, LOCK_EX) { return lock }
        }
    }

    /// Takes the lock together with others that share it. Blocks the thread while somebody has it alone.
    static func share(_ path: FilePath) throws(ToolstackError) -> FileLock {
        while true {
            if let lock = try attempt(path, LOCK_SH) { return lock }
        }
    }

    /// - Returns: nil when another process holds it.
    static func acquireIfFree(_ path: FilePath) throws(ToolstackError) -> FileLock? {
        try attempt(path, LOCK_EX | LOCK_NB)
    }

    /// What a child process gets that is to keep the lock beyond this process's end. Once it is released here, the
    /// child has it no more.
    var file: FileDescriptor { FileDescriptor(rawValue: descriptor.withLock(\.self)) }

    /// Removes the file and lets others have the lock. Doing so again changes nothing.
    public func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // First the name, then the lock: the other way round a third party could take the lock
            // on the name that is about to go. The last of those that share a lock removes it.
            if !isShared || flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path.string) }
            flock(descriptor, LOCK_UN)
            close(descriptor)
            descriptor = -1
        }
    }

    /// - Returns: nil when the lock is held elsewhere (with `LOCK_NB`) or was taken on a removed file.
    private static func attempt(_ path: FilePath, _ operation: CInt) throws(ToolstackError) -> FileLock? {
        let descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        while flock(descriptor, operation) != 0 {
            if errno == EINTR { continue }
            let busy = errno == EWOULDBLOCK
            defer { close(descriptor) }
            if busy { return nil }
            throw failure(path)
        }
        var held = stat()
        var named = stat()
        if fstat(descriptor, &held) == 0, stat(path.string, &named) == 0, held.st_dev == named.st_dev,
            held.st_ino == named.st_ino
        {
            return FileLock(path: path, descriptor: descriptor, isShared: operation == LOCK_SH)
        }
        close(descriptor)
        return nil
    }

    private static func failure(_ path: FilePath) -> ToolstackError {
        ToolstackError(.lockFail, "cannot take the lock \(path)", cause: "\(Errno(rawValue: errno))")
    }
}

/// The lock around freeing memory for a new domain, as upstream's xl takes it: a record lock on the whole
/// file (`lockfile` of xl.conf), which stays where it is.
public final class RecordLock: Sendable {
    private let descriptor: Mutex<CInt>

    private init(_ descriptor: CInt) { self.descriptor = Mutex(descriptor) }

    deinit { release() }

    /// Takes the lock, waiting for as long as another process holds it.
    public static func acquire(_ path: FilePath) async throws(ToolstackError) -> RecordLock {
        let descriptor = open(path.string, O_WRONLY | O_CREAT | O_CLOEXEC, 0o200)
        guard descriptor >= 0 else { throw failure(path) }
        let code = set(descriptor, F_SETLK)
        if code == 0 { return RecordLock(descriptor) }
        guard code == EACCES || code == EAGAIN else {
            close(descriptor)
            throw failure(path, code)
        }
        let waited = await onOwnThread { set(descriptor, F_SETLKW) }
        guard waited == 0 else {
            close(descriptor)
            throw failure(path, waited)
        }
        return RecordLock(descriptor)
    }

    public func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // Closing any descriptor of the file drops a process's record locks.
            close(descriptor)
            descriptor = -1
        }
    }

    /// - Returns: 0 or the errno value.
    private static func set(_ descriptor: CInt, _ command: CInt) -> CInt {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        while fcntl(descriptor, command, &range) != 0 {
            if errno != EINTR { return errno }
        }
        return 0
    }

    private static func failure(_ path: FilePath, _ code: CInt = errno) -> ToolstackError {
        ToolstackError(.fail, "cannot take the lock \(path)", cause: "\(Errno(rawValue: code))")
    }
}
