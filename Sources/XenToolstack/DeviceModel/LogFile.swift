import Glibc
import SystemPackage

/// A log file in `/var/log/xen` with its older generations: NAME.log, NAME.log.1, … NAME.log.10.
package struct LogFile: Sendable {
    private static let generations = 10

    package let path: FilePath

    package init(path: FilePath) { self.path = path }

    /// - Parameter name: without directory and extension.
    package init(_ name: String, in directory: FilePath) {
        // A domain's name may hold anything; a slash would leave the directory.
        path = directory.appending(FilePath.Component("\(name).log") ?? "domain.log")
    }

    /// Moves what an earlier run left out of the way and opens the file for appending.
    package func open() throws(ToolstackError) -> FileDescriptor {
        try rotateAway()
        do {
            return try FileDescriptor.open(
                path, .writeOnly, options: [.create, .append, .closeOnExec],
                permissions: [.ownerRead, .ownerWrite, .groupRead, .otherRead])
        } catch {
            throw ToolstackError(.fail, "cannot open the log \(path)", cause: "\(error)")
        }
    }

    /// Moves what an earlier run left out of the way, for another program to begin the file.
    func rotateAway() throws(ToolstackError) {
        var status = stat()
        if lstat(path.string, &status) == 0 { try rotate() }
    }

    func generation(_ number: Int) -> String { number == 0 ? path.string : "\(path).\(number)" }

    private func rotate() throws(ToolstackError) { try shiftGenerations(from: 0) }

    /// Makes each generation one older, from one on.
    func shiftGenerations(from first: Int = 1) throws(ToolstackError) {
        for number in (first..<Self.generations).reversed() {
            guard rename(generation(number), generation(number + 1)) != 0, errno != ENOENT else { continue }
            throw ToolstackError(
                .fail, "cannot rotate the log \(generation(number))", cause: "\(Errno(rawValue: errno))")
        }
    }

    /// The last lines of the file, for an error about the program that wrote it.
    ///
    /// - Returns: nil when there are none.
    package func lastLines(_ count: Int = 3) -> String? {
        let lines = Files.lastLines(of: path, count)
        return lines.isEmpty ? nil : lines.joined(separator: " / ")
    }

    /// The same for programs that read the error; nil when there are none.
    package var evidence: ToolstackError.Evidence? { ToolstackError.Evidence(log: path) }
}
