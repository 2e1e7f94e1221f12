import Glibc
import SystemPackage

extension LogFile {
    /// Most bytes that a log takes before it becomes an older generation.
    static let limit = 1 << 20

    /// Keeps logs small that programs write to of their own accord, as QEMU does when its guest makes it complain, until
    /// the task is cancelled.
    ///
    /// Of a file that has become too large, the last megabyte is copied to be the first of its older generations, and
    /// the file is cut: the program goes on writing to it. What it writes in between is lost.
    package static func keepSmall(_ logs: [LogFile]) async {
        guard let watch = try? FileWatch(logs.map(\.path)) else { return }
        defer { watch.close() }
        while true {
            for log in logs { log.shorten() }
            do {
                // However much is written, this looks but once a second.
                try await idle(for: .seconds(1))
                try await waitUntilReadable(watch.descriptor)
            } catch {
                return
            }
            watch.drain()
        }
    }

    func shorten(to limit: Int = limit) {
        guard let file = try? FileDescriptor.open(path, .readWrite, options: [.closeOnExec, .noFollow]) else { return }
        defer { try? file.close() }
        var status = stat()
        // By what is on the disk: where the writer does not append, the file begins with a hole after it was cut.
        guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            Int(status.st_blocks) * 512 > limit
        else { return }
        do {
            let older = FilePath(generation(1))
            try shiftGenerations()
            let copy = try FileDescriptor.open(
                older, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerRead, .ownerWrite, .groupRead, .otherRead])
            defer { try? copy.close() }
            var bytes = [UInt8](repeating: 0, count: limit)
            let start = max(0, Int64(status.st_size) - Int64(limit))
            let count = try bytes.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: start, into: $0) }
            _ = try copy.writeAll(bytes[..<count])
        } catch {
            // Better no older generation than a full disk.
        }
        ftruncate(file.rawValue, 0)
    }
}

/// Tells when files are written to (inotify(7)).
private struct FileWatch {
    let descriptor: FileDescriptor

    init(_ paths: [FilePath]) throws(Errno) {
        descriptor = try SystemCalls.watchWrites(to: paths)
    }

    /// Takes what was told; it says no more than that there was something.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor.rawValue, &buffer, buffer.count) > 0 {}
    }

    func close() { try? descriptor.close() }
}
