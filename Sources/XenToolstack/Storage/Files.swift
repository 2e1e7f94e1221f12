import Glibc
import SystemPackage
import XenTypes

extension ToolstackError.Evidence {
    /// How many lines of a log are shown.
    private static let count = 20

    /// The last lines of a log; nil when there are none.
    package init?(log path: FilePath) {
        let lines = Files.lastLines(of: path, Self.count)
        guard !lines.isEmpty else { return nil }
        self.init(source: path.string, lines: lines)
    }
}

/// Whole files, read and written as the toolstack's own files need it.
enum Files {
    /// - Parameter limit: largest size to accept, in bytes.
    /// - Returns: nil when there is no such file.
    static func read(_ path: FilePath, limit: Int) throws(ToolstackError) -> [UInt8]? {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: min(65536, limit + 1))
                while true {
                    let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes += buffer[..<count]
                    guard bytes.count <= limit else { throw Errno.fileTooLarge }
                }
            }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw ToolstackError(.fail, "cannot read \(path)", cause: "\(error)")
        }
    }

    /// The beginning of a file, also of one whose size nobody knows; nil when it cannot be read.
    ///
    /// - Parameter limit: after how many bytes it stops.
    static func beginning(of path: FilePath, limit: Int) -> [UInt8]? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        return try? [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let rest = UnsafeMutableRawBufferPointer(buffer)[count...]
                let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: rest))
                if read == 0 { break }
                count += read
            }
        }
    }

    /// The last lines of a file, the latest last, each no longer than an excerpt; none when it cannot be read.
    static func lastLines(of path: FilePath, _ count: Int) -> [String] {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return [] }
        defer { try? file.close() }
        let limit = 1 << 16
        guard let size = try? file.seek(offset: 0, from: .end),
            let bytes = try? [UInt8](
                unsafeUninitializedCapacity: limit,
                initializingWith: { buffer, count in
                    count = try file.read(
                        fromAbsoluteOffset: max(0, size - Int64(limit)), into: UnsafeMutableRawBufferPointer(buffer))
                })
        else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).suffix(count).map {
            String(decoding: $0, as: UTF8.self).excerpt
        }
    }

    /// A small file of the kernel's as text; nil when it cannot be read.
    static func text(_ path: FilePath, limit: Int = 1 << 22) -> String? {
        ((try? read(path, limit: limit)) ?? nil).map { String(escapingBytes: $0) }
    }

    /// Whether there is something under that name, a link that leads nowhere included.
    static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return lstat(path.string, &status) == 0
    }

    /// A path without links; nil, and `errno` says why, when it leads nowhere.
    static func realPath(_ path: FilePath) -> FilePath? {
        guard let real = realpath(path.string, nil) else { return nil }
        defer { free(real) }
        return FilePath(platformString: real)
    }

    /// Puts a file in place as a whole: readers see the old contents or the new.
    ///
    /// - Parameter temporary: the name under which the new contents are written first, in the same file system.
    static func replace(
        _ path: FilePath, with bytes: [UInt8], temporary: FilePath, permissions: FilePermissions
    ) throws(ToolstackError) {
        do {
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: permissions)
            do {
                _ = try file.closeAfter { try file.writeAll(bytes) }
                guard rename(temporary.string, path.string) == 0 else { throw Errno(rawValue: errno) }
            } catch {
                unlink(temporary.string)
                throw error
            }
        } catch {
            throw ToolstackError(.fail, "cannot write \(path)", cause: "\(error)")
        }
    }

    /// Returns when a file, and its name, are on the disk.
    static func synchronise(_ path: FilePath) throws(ToolstackError) {
        for place in [path, path.removingLastComponent()] {
            do {
                let file = try FileDescriptor.open(place, .readOnly, options: .closeOnExec)
                defer { try? file.close() }
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            } catch {
                throw ToolstackError(.fail, "cannot write \(place) to the disk", cause: "\(error)")
            }
        }
    }

    /// Removes a file; one that is not there is no error.
    static func remove(_ path: FilePath) throws(ToolstackError) {
        guard unlink(path.string) != 0, errno != ENOENT else { return }
        throw ToolstackError(.fail, "cannot remove \(path)", cause: "\(Errno(rawValue: errno))")
    }

    /// As `remove`, but leaves what is no regular file: a device, a pipe, a link.
    static func removeRegular(_ path: FilePath) throws(ToolstackError) {
        var status = stat()
        guard lstat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        try remove(path)
    }

    /// The names in a directory, in no order; none where it cannot be read.
    ///
    /// - Parameter limit: after how many it stops: others may be able to make files there.
    static func names(in directory: FilePath, limit: Int = 1 << 16) -> [String] {
        guard let stream = opendir(directory.string) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(escapingBytes: $0.prefix { $0 != 0 }) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Creates a directory and its parents where they are missing.
    static func makeDirectory(_ path: FilePath, mode: mode_t = 0o755) throws(ToolstackError) {
        var status = stat()
        if stat(path.string, &status) == 0 { return }
        let parent = path.removingLastComponent()
        if parent != path, !parent.isEmpty { try makeDirectory(parent, mode: mode) }
        guard mkdir(path.string, mode) != 0, errno != EEXIST else { return }
        throw ToolstackError(.fail, "cannot create directory \(path)", cause: "\(Errno(rawValue: errno))")
    }
}
