import Glibc
import SystemPackage
import XenTypes

/// What keeps a restricted device model from harming the host: an empty directory for its root, namespaces and limits
/// of its own, and a monitor that it need not make itself.
enum DeviceModelConfinement {
    /// Enough for a log; the rest it does not need at all.
    private static let limits: [(resource: __rlimit_resource, limit: UInt64)] = [
        (RLIMIT_FSIZE, 256 << 10), (RLIMIT_CORE, 0), (__RLIMIT_MSGQUEUE, 0), (__RLIMIT_LOCKS, 0),
        (__RLIMIT_MEMLOCK, 0),
    ]

    /// Makes the directory that becomes the root. What an earlier device model left must be empty.
    static func makeRoot(_ path: FilePath) throws(ToolstackError) {
        guard rmdir(path.string) == 0 || errno == ENOENT else { throw failure("remove the old directory \(path)") }
        guard mkdir(path.string, 0) == 0 else { throw failure("make the directory \(path)") }
    }

    static func removeRoot(_ path: FilePath) throws(ToolstackError) {
        guard rmdir(path.string) == 0 || errno == ENOENT else { throw failure("remove the directory \(path)") }
    }

    /// A socket that listens under a name in the file system, which an earlier one may have left behind.
    static func listen(at path: FilePath) throws(ToolstackError) -> FileDescriptor {
        guard let address = LocalAddress(path: path.string) else {
            throw ToolstackError(.fail, "cannot listen at \(path)", cause: "the name is too long")
        }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw failure("make a socket") }
        let descriptor = FileDescriptor(rawValue: socket)
        do throws(ToolstackError) {
            try Files.remove(path)
            guard address.bind(socket) == 0, Glibc.listen(socket, 1) == 0 else { throw failure("listen at \(path)") }
            return descriptor
        } catch {
            try? descriptor.close()
            throw error
        }
    }

    /// Starts the program in namespaces of its own, with its limits.
    static func start(_ plan: ChildProcess.Plan) async throws(ToolstackError) -> ChildProcess {
        // A new process gets the namespaces of the thread that makes it.
        let process = try await onThrowawayThread { () throws(ToolstackError) in
            guard SystemCalls.leaveNamespaces() else { throw failure("leave the mount and IPC namespaces") }
            return try ChildProcess.start(plan)
        }
        for (resource, limit) in limits {
            guard SystemCalls.limit(resource, of: process.id, to: limit) || errno == ESRCH else {
                let failure = failure("limit what the device model may use")
                await process.stop()
                throw failure
            }
        }
        return process
    }

    private static func failure(_ what: String) -> ToolstackError {
        ToolstackError(.fail, "cannot \(what)", cause: "\(Errno(rawValue: errno))")
    }
}

/// Ends device models that have a user of their own: by that user, for a hostile one may have split into any number
/// of processes, and its own number may be another's by now.
enum DeviceModelReaper {
    /// Stands in where the host has no user for the purpose: nobody's number.
    private static let spareUser: UInt32 = 0xFFFF_FFF0

    /// - Parameter lock: reapers take turns, or one would end the other.
    static func endProcesses(
        of user: UInt32, lock: FilePath, directory: UserDirectory = .system
    ) async throws(ToolstackError) {
        let reaper =
            directory.entry(DeviceModelUser.reaper)?.id ?? directory.entry(DeviceModelUser.rangeBase)?.id ?? spareUser
        guard user != 0, reaper != 0 else {
            throw ToolstackError(
                .invalid, "cannot end the device model", cause: "its user or \(DeviceModelUser.reaper) is root",
                remedy: "give \(DeviceModelUser.reaper) a number of its own")
        }
        try await onThrowawayThread { () throws(ToolstackError) in
            // Upstream never removes this file.
            let descriptor = open(lock.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw failure("open \(lock)") }
            defer { close(descriptor) }
            while flock(descriptor, LOCK_EX) != 0 {
                guard errno == EINTR else { throw failure("lock \(lock)") }
            }
            guard SystemCalls.killProcesses(of: user, as: reaper) else {
                throw failure("end the processes of user \(user)")
            }
        }
    }

    private static func failure(_ what: String) -> ToolstackError {
        ToolstackError(.fail, "cannot \(what)", cause: "\(Errno(rawValue: errno))")
    }
}
