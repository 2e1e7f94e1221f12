import Glibc
import SystemPackage

/// A pair of connected terminal ends that pass bytes on unchanged.
final class PseudoTerminal: Sendable {
    let master: FileDescriptor
    /// Held open, so that the master sees no hang-up when clients come and go.
    private let slave: FileDescriptor
    /// The name under which programs open the other end.
    let path: FilePath

    init() throws(ToolstackError) {
        do {
            (master, path) = try SystemCalls.openTerminal()
        } catch {
            throw Self.failure(error)
        }
        let slave = open(path.string, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else {
            let error = Errno(rawValue: errno)
            try? master.close()
            throw Self.failure(error)
        }
        self.slave = FileDescriptor(rawValue: slave)
        var attributes = termios()
        tcgetattr(slave, &attributes)
        cfmakeraw(&attributes)
        tcsetattr(slave, TCSANOW, &attributes)
        _ = fcntl(master.rawValue, F_SETFL, O_NONBLOCK)
    }

    deinit {
        try? master.close()
        try? slave.close()
    }

    private static func failure(_ error: Errno) -> ToolstackError {
        ToolstackError(
            .fail, "cannot open a terminal", cause: "\(error)",
            remedy: "check that /dev/pts is mounted and not full")
    }
}
