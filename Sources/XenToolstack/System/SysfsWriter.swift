import Glibc
import SystemPackage
import XenTypes

/// Writes to the files by which the kernel is told what to do with devices: the seam for tests.
package protocol SysfsWriter: Sendable {
    /// - Parameter limit: how long the kernel may take.
    func write(_ text: String, to file: FilePath, within limit: Duration) async throws(SysfsError)
}

/// Why the kernel did not do what was written.
package enum SysfsError: Error, Sendable, Hashable, CustomStringConvertible {
    case refused(Errno)
    /// It has not come back from the write, which a process waits for.
    case silent(process: Int32)

    package var description: String {
        switch self {
        case .refused(let code): "\(code)"
        case .silent(let process):
            "the kernel has not come back from it; ps shows process \(process), which waits, in state D"
        }
    }
}

/// Writes in processes of their own, which can be left: nothing ends a write that a driver does not come back from.
package struct LinuxSysfs: SysfsWriter {
    package init() {}

    package func write(_ text: String, to file: FilePath, within limit: Duration) async throws(SysfsError) {
        let process: pid_t
        do { process = try SystemCalls.writeInChild(text.unescapedBytes, to: file) } catch { throw .refused(error) }
        let end: FileDescriptor
        do { end = try SystemCalls.openProcess(process) } catch {
            kill(process, SIGKILL)
            throw .refused(error)
        }
        defer { try? end.close() }
        let hasEnded = await toTheEnd {
            let ended = try? await withDeadline(limit) {
                try await waitUntilReadable(end)
                return true
            }
            return ended == true
        }
        var status: CInt = 0
        guard hasEnded, waitpid(process, &status, WNOHANG) == process else {
            kill(process, SIGKILL)
            throw .silent(process: process)
        }
        guard status & 0x7F == 0 else { throw .refused(.interrupted) }
        let code = status >> 8 & 0xFF
        if code != 0 { throw .refused(Errno(rawValue: code)) }
    }
}
