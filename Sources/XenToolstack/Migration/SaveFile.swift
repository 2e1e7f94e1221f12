import Glibc
import SystemPackage

/// A file that gets its name only when it is complete and on the disk: until then an older one keeps it.
struct SaveFile {
    let descriptor: FileDescriptor
    /// Where the bytes are until `commit`; nil for a device or pipe, which is written in place.
    private let temporary: FilePath?
    private let target: FilePath

    /// Begins to write. What can be found out about the place is found out here.
    init(_ path: FilePath) throws(ToolstackError) {
        var status = stat()
        let exists = stat(path.string, &status) == 0
        if exists, status.st_mode & S_IFMT == S_IFDIR {
            throw Self.failure(path, "it is a directory", remedy: "name a file in it")
        }
        if exists, status.st_mode & S_IFMT != S_IFREG {
            do { descriptor = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec) } catch {
                throw Self.failure(path, "\(error)")
            }
            temporary = nil
            target = path
            return
        }
        // A link stays a link: the file that it leads to is replaced.
        target = exists ? Self.resolved(path) : path
        let directory = target.removingLastComponent()
        let name = ".\(target.lastComponent?.string ?? "domain").XXXXXX"
        var template = Array(directory.appending(name).string.utf8CString)
        let raw = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        guard raw >= 0 else { throw Self.failure(path, "\(Errno(rawValue: errno))") }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        descriptor = FileDescriptor(rawValue: raw)
        temporary = template.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } }
    }

    private static func resolved(_ path: FilePath) -> FilePath {
        guard let real = realpath(path.string, nil) else { return path }
        defer { free(real) }
        return FilePath(platformString: real)
    }

    private static func failure(_ path: FilePath, _ cause: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(.fail, "cannot write \(path)", cause: cause, remedy: remedy)
    }

    /// Makes sure that the file is on the disk, and gives it its name.
    ///
    /// - Throws: when it is not; then `discard` is due.
    func commit() throws(ToolstackError) {
        // Pipes and some devices have nothing to synchronise.
        guard fsync(descriptor.rawValue) == 0 || (temporary == nil && (errno == EINVAL || errno == EROFS)) else {
            throw Self.failure(target, "\(Errno(rawValue: errno))")
        }
        guard let temporary else { return close() }
        guard rename(temporary.string, target.string) == 0 else {
            throw Self.failure(target, "\(Errno(rawValue: errno))")
        }
        close()
        let parent = target.removingLastComponent()
        guard let directory = try? FileDescriptor.open(parent.isEmpty ? "." : parent, .readOnly, options: .closeOnExec)
        else { return }
        fsync(directory.rawValue)
        try? directory.close()
    }

    /// Removes what was written.
    func discard() {
        if let temporary { unlink(temporary.string) }
        close()
    }

    private func close() { try? descriptor.close() }
}
