import Glibc
import Logging
import Synchronization
import SystemPackage

/// A lock file as libxl takes it: `flock` on a file that its holder removes before letting go.
///
/// Whoever gets the lock on a file that no longer has its name has got nothing, and starts again.
public final class FileLock: Sendable {
    /// The file that is locked.
    public let path: FilePath
    private let descriptor: Mutex<CInt>
    private let isShared: Bool

    private init(path: FilePath, descriptor: CInt, isShared: Bool) {
        self.path = path
        self.descriptor = Mutex(descriptor)
        self.isShared = isShared
    }

    deinit { release() }

    /// Takes the lock, waiting while another process holds it.
    ///
    /// - Parameters:
    ///   - limit: for how long; nil for ever.
    ///   - logger: is told who holds it when that takes a while.
    /// - Throws: `timedOut` when another process holds it for that long, `aborted` when the task is cancelled.
    public static func acquire(
        _ path: FilePath, within limit: Duration? = nil, logger: Logger? = nil
    ) async throws(ToolstackError) -> FileLock {
        if let lock = try attempt(path, LOCK_EX | LOCK_NB) { return lock }
        let wait = LockWait(path: path, limit: limit, logger: logger)
        return try await wait.take(letGo: { $0.release() }) { () throws(ToolstackError) in try acquireBlocking(path) }
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
    ///
    /// - Parameter logger: is told who holds it when that takes a while.
    /// - Throws: `aborted` when the task is cancelled.
    public static func acquire(_ path: FilePath, logger: Logger? = nil) async throws(ToolstackError) -> RecordLock {
        let descriptor = try open(path)
        let code = set(descriptor, F_SETLK)
        if code == 0 { return RecordLock(descriptor) }
        guard code == EACCES || code == EAGAIN else {
            close(descriptor)
            throw failure(path, code)
        }
        let wait = LockWait(path: path, limit: nil, logger: logger)
        return try await wait.take(letGo: { $0.release() }) { () throws(ToolstackError) in
            let waited = set(descriptor, F_SETLKW)
            if waited == 0 { return RecordLock(descriptor) }
            close(descriptor)
            throw failure(path, waited)
        }
    }

    /// Opens the file, whosever it is. In a directory in which everybody may make files, as Debian's `/var/lock` is,
    /// the kernel lets nobody open another's file together with the wish to make it (`protected_regular` in proc(5)).
    private static func open(_ path: FilePath) throws(ToolstackError) -> CInt {
        // Without waiting for whoever would read a FIFO.
        let flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK
        var descriptor = Glibc.open(path.string, flags)
        if descriptor < 0, errno == ENOENT {
            descriptor = Glibc.open(path.string, flags | O_CREAT | O_EXCL, 0o200)
            // Somebody else was quicker.
            if descriptor < 0, errno == EEXIST { descriptor = Glibc.open(path.string, flags) }
        }
        guard descriptor >= 0 else { throw failure(path) }
        return descriptor
    }

    /// Lets others have it.
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
