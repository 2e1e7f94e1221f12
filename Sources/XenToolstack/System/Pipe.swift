import Glibc
import Synchronization
import SystemPackage

/// A pipe that programs started from here do not get, and that closes what nobody has closed.
package final class Pipe: Sendable {
    package let readEnd: FileDescriptor
    package let writeEnd: FileDescriptor
    private let open = Mutex((read: true, write: true))

    /// - Throws: code `fail` with the system's words.
    package init() throws(ToolstackError) {
        do { (readEnd, writeEnd) = try FileDescriptor.pipe() } catch {
            throw ToolstackError(.fail, "cannot make a pipe", cause: "\(error)")
        }
        for end in [readEnd, writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        closeReadEnd()
        closeWriteEnd()
    }

    package func closeReadEnd() {
        open.withLock { open in
            if open.read { try? readEnd.close() }
            open.read = false
        }
    }

    package func closeWriteEnd() {
        open.withLock { open in
            if open.write { try? writeEnd.close() }
            open.write = false
        }
    }
}
