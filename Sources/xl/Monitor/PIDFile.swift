import Glibc
import SystemPackage
import XenToolstack

/// A file with a daemon's process number, which nobody else can take as long as that process lives.
final class PIDFile: Sendable {
    private let path: String
    private let descriptor: CInt

    /// - Throws: `lockFail` when a process that runs has the file, `fail` when it cannot be written.
    init(_ path: String) throws(ToolstackError) {
        func failure(_ cause: String? = nil) -> ToolstackError {
            ToolstackError(.fail, "cannot write \(path)", cause: cause ?? "\(Errno(rawValue: errno))")
        }
        // Without waiting for whoever would read a FIFO.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw failure() }
        var isOurs = false
        defer { if !isOurs { close(descriptor) } }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure("it is no regular file")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var text = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &text, text.count, 0)
            let number = String(decoding: text.prefix(max(count, 0)).prefix { $0 != 0x0A }, as: UTF8.self)
            throw ToolstackError(
                .lockFail, "cannot start a second time", cause: "process \(number) runs, and has \(path)")
        }
        let line = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, line, line.count, 0) == line.count else {
            throw failure()
        }
        isOurs = true
        // Opened by name again when it is removed, from another directory.
        self.path =
            realpath(path, nil).map { real in
                defer { free(real) }
                return String(cString: real)
            } ?? path
        self.descriptor = descriptor
    }

    /// Removes the file.
    func remove() { unlink(path) }

    deinit { close(descriptor) }
}
