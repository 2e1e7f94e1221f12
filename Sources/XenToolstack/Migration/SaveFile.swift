import Glibc
import SystemPackage

/// A file that gets its name only when it is complete and on the disk: until then an older one keeps it.
struct SaveFile {
    let descriptor: FileDescriptor
    /// Where the bytes are until `commit`.
    private enum Place {
        /// In a file without a name, which goes with its last descriptor, whatever becomes of this process.
        case nameless
        /// Under another name, where the file system has no such files.
        case temporary(FilePath)
        /// In a device or pipe, which is written in place.
        case target
    }

    private let place: Place
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
            place = .target
            target = path
            return
        }
        // A link stays a link: the file that it leads to is replaced.
        target = exists ? Files.realPath(path) ?? path : path
        if let file = SystemCalls.openNameless(in: Self.directory(of: target)) {
            (descriptor, place) = (file, .nameless)
            return
        }
        do {
            let (file, name) = try Self.makeTemporary(for: target)
            (descriptor, place) = (file, .temporary(name))
        } catch {
            throw Self.failure(path, "\(error)")
        }
    }

    private static func directory(of path: FilePath) -> FilePath {
        let directory = path.removingLastComponent()
        return directory.isEmpty ? "." : directory
    }

    /// The name's last part is for `mkstemp` to choose.
    private static func template(for target: FilePath) -> FilePath {
        directory(of: target).appending(".\(target.lastComponent?.string ?? "domain").XXXXXX")
    }

    private static func makeTemporary(for target: FilePath) throws(Errno) -> (FileDescriptor, FilePath) {
        var name = Array(template(for: target).string.utf8CString)
        let raw = name.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        return (FileDescriptor(rawValue: raw), FilePath(platformString: name))
    }

    private static func failure(_ path: FilePath, _ cause: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(.fail, "cannot write \(path)", cause: cause, remedy: remedy)
    }

    /// Makes sure that the file is on the disk, and gives it its name.
    ///
    /// - Throws: when it is not; then `discard` is due.
    func commit() throws(ToolstackError) {
        var isInPlace = false
        if case .target = place { isInPlace = true }
        // Pipes and some devices have nothing to synchronise.
        guard fsync(descriptor.rawValue) == 0 || (isInPlace && (errno == EINVAL || errno == EROFS)) else {
            throw Self.failure(target, "\(Errno(rawValue: errno))")
        }
        guard !isInPlace else { return close() }
        do { try giveName() } catch { throw Self.failure(target, "\(error)") }
        close()
        guard
            let directory = try? FileDescriptor.open(
                Self.directory(of: target), .readOnly, options: .closeOnExec)
        else { return }
        fsync(directory.rawValue)
        try? directory.close()
    }

    private func giveName() throws(Errno) {
        switch place {
        case .target: return
        case .temporary(let path): try Self.move(path, to: target)
        case .nameless:
            // An older file cannot be replaced by a link, only by what has a name.
            if SystemCalls.link(descriptor, to: target) { return }
            guard errno == EEXIST else { throw Errno(rawValue: errno) }
            let (file, path) = try Self.makeTemporary(for: target)
            try? file.close()
            unlink(path.string)
            guard SystemCalls.link(descriptor, to: path) else { throw Errno(rawValue: errno) }
            do throws(Errno) { try Self.move(path, to: target) } catch {
                unlink(path.string)
                throw error
            }
        }
    }

    private static func move(_ path: FilePath, to target: FilePath) throws(Errno) {
        guard rename(path.string, target.string) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Removes what was written.
    func discard() {
        if case .temporary(let path) = place { unlink(path.string) }
        close()
    }

    private func close() { try? descriptor.close() }
}
