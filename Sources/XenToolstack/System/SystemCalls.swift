import CXenShim
import Glibc
import SystemPackage

/// Calls of the system's that Swift's Glibc module lacks: the only place of the toolstack that needs C for them.
enum SystemCalls {
    /// A descriptor that stands for a process, even when the process's number gets another owner, and that can be
    /// read when the process has ended.
    static func openProcess(_ id: pid_t) throws(Errno) -> FileDescriptor {
        let descriptor = cxs_pidfd_open(id)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Starts a process that writes to a file in one call, and exits with 0 or the number of an error.
    static func writeInChild(_ bytes: [UInt8], to file: FilePath) throws(Errno) -> pid_t {
        let process = cxs_write_in_child(file.string, bytes, bytes.count)
        guard process > 0 else { throw Errno(rawValue: errno) }
        return process
    }

    static func send(_ signal: CInt, to process: FileDescriptor) {
        cxs_pidfd_send_signal(process.rawValue, signal)
    }

    /// Writes to a local socket, without a signal when its other end is closed.
    ///
    /// - Parameter passed: a descriptor of which the reader gets a copy together with the first byte.
    /// - Returns: how many bytes were written, or -1 and `errno` says why.
    static func send(
        _ bytes: UnsafeRawBufferPointer, through socket: FileDescriptor, passing passed: FileDescriptor?
    ) -> Int {
        cxs_send_descriptor(socket.rawValue, bytes.baseAddress, bytes.count, passed?.rawValue ?? -1)
    }

    /// Moves bytes from a pipe to where the other descriptor stands, without copying them where the kernel can do so.
    ///
    /// - Returns: how many; 0 at the pipe's end.
    static func splice(_ pipe: CInt, to target: CInt, atMost length: Int) throws(Errno) -> Int {
        while true {
            let count = cxs_splice(pipe, target, length)
            guard count < 0 else { return count }
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }

    /// Asks for another size of a pipe, which keeps its own when it may not have that.
    static func resize(pipe: CInt, to size: CInt) { cxs_set_pipe_size(pipe, size) }

    /// A new file in a directory, without a name, for its owner alone; nil where the file system cannot have such.
    static func openNameless(in directory: FilePath) -> FileDescriptor? {
        // O_TMPFILE of asm-generic/fcntl.h, which Swift does not see.
        let nameless: CInt = 0o20_000_000 | O_DIRECTORY
        let raw = Glibc.open(directory.string, nameless | O_RDWR | O_CLOEXEC, 0o600)
        return raw < 0 ? nil : FileDescriptor(rawValue: raw)
    }

    /// Gives a nameless file a name.
    ///
    /// - Returns: false, and `errno` says why, when that fails.
    static func link(_ file: FileDescriptor, to path: FilePath) -> Bool {
        linkat(AT_FDCWD, "/proc/self/fd/\(file.rawValue)", AT_FDCWD, path.string, AT_SYMLINK_FOLLOW) == 0
    }

    /// A new terminal's master, and the name under which its other end can be opened.
    static func openTerminal() throws(Errno) -> (master: FileDescriptor, name: FilePath) {
        var name = [CChar](repeating: 0, count: 64)
        let master = cxs_open_terminal(&name, name.count)
        guard master >= 0 else { throw Errno(rawValue: errno) }
        return (FileDescriptor(rawValue: master), FilePath(platformString: name))
    }

    /// A descriptor that can be read when one of the files has been written to; reading does not block.
    static func watchWrites(to paths: [FilePath]) throws(Errno) -> FileDescriptor {
        let descriptor = cxs_inotify()
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        for path in paths { cxs_inotify_add_writes(descriptor, path.string) }
        return FileDescriptor(rawValue: descriptor)
    }

    /// The kind of the file system that a directory is in, a number of `linux/magic.h`; 0 when that cannot be looked up.
    static func fileSystem(of directory: FilePath) -> UInt32 { cxs_file_system(directory.string) }

    /// The flag of `posix_spawnattr_setflags` that makes the child lead a session.
    static var newSession: Int16 { cxs_posix_spawn_setsid }

    /// Has the child close all descriptors from `first` on.
    static func addClosing(from first: CInt, to actions: inout posix_spawn_file_actions_t) {
        cxs_spawn_close_from(&actions, first)
    }

    static func addDirectory(_ directory: FilePath, to actions: inout posix_spawn_file_actions_t) {
        cxs_spawn_change_directory(&actions, directory.string)
    }

    /// Gives the calling thread alone, and what it starts from now on, mounts and System V IPC of its own.
    ///
    /// - Returns: false, and `errno` says why, when that fails.
    static func leaveNamespaces() -> Bool { cxs_leave_namespaces() == 0 }

    /// Sets the soft and the hard limit of a process.
    ///
    /// - Returns: false, and `errno` says why, when that fails.
    static func limit(_ resource: __rlimit_resource, of process: pid_t, to limit: UInt64) -> Bool {
        cxs_limit_process(process, CInt(resource.rawValue), limit) == 0
    }

    /// Ends every process of a user, in that user's name; the calling thread must end after it.
    ///
    /// - Parameter reaper: the user whom those processes cannot strike back at.
    /// - Returns: false, and `errno` says why, when that fails.
    static func killProcesses(of user: UInt32, as reaper: UInt32) -> Bool { cxs_kill_user(user, reaper) == 0 }

    /// Lets all threads share one heap.
    static func limitHeapArenas() { cxs_limit_heap_arenas(1) }

    /// Gives free parts of the heap back.
    static func releaseFreeHeap() { cxs_release_free_heap() }

    /// Drops the pages of the program's and its libraries' files that cannot be written to.
    static func releaseCode() { cxs_release_code() }
}
