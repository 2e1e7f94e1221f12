import CXenShim
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
        var name = [CChar](repeating: 0, count: 64)
        let master = cxs_open_terminal(&name, name.count)
        guard master >= 0 else { throw Self.failure() }
        self.master = FileDescriptor(rawValue: master)
        path = FilePath(platformString: name)
        let slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else {
            let error = Self.failure()
            close(master)
            throw error
        }
        self.slave = FileDescriptor(rawValue: slave)
        var attributes = termios()
        tcgetattr(slave, &attributes)
        cfmakeraw(&attributes)
        tcsetattr(slave, TCSANOW, &attributes)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    deinit {
        try? master.close()
        try? slave.close()
    }

    private static func failure() -> ToolstackError {
        ToolstackError(
            .fail, "cannot open a terminal", cause: "\(Errno(rawValue: errno))",
            remedy: "check that /dev/pts is mounted and not full")
    }
}
