#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Why a configuration file cannot be read.
public struct ConfigFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is in the way.
    public enum Reason: Hashable, Sendable {
        /// A system call failed with this `errno`.
        case system(Int32)
        /// It is a directory.
        case directory
        /// A FIFO, socket or device: reading it may never end.
        case notAFile
        /// More than ``ConfigSource/maximumSize`` bytes.
        case tooLarge
    }

    /// The file.
    public var path: String
    /// What is in the way.
    public var reason: Reason

    public var description: String {
        switch reason {
        case .system(let number): "cannot read \"\(path)\": \(String(cString: strerror(number)))"
        case .directory: "cannot read \"\(path)\": it is a directory, expected a configuration file"
        case .notAFile: "cannot read \"\(path)\": it is a FIFO, socket or device, expected a regular file"
        case .tooLarge: "cannot read \"\(path)\": it has more than \(ConfigSource.maximumSize) bytes (1 MiB)"
        }
    }

    /// Whether there is no such file at all.
    public var isMissingFile: Bool { reason == .system(ENOENT) }

    /// The same as a diagnostic without a place.
    public var diagnostic: Diagnostic {
        Diagnostic(.error, reason == .tooLarge ? .limit : .unreadable, description)
    }
}

extension ConfigSource {
    /// Reads a file. `/dev/null` is an empty one.
    ///
    /// - Throws: ``ConfigFileError`` when the file cannot be opened, is no regular file or is too large.
    public init(path: String) throws(ConfigFileError) {
        func failure(_ reason: ConfigFileError.Reason) -> ConfigFileError {
            ConfigFileError(path: path, reason: reason)
        }
        guard !path.utf8.contains(0) else { throw failure(.system(ENOENT)) }
        guard path != "/dev/null" else {
            self.init(name: path, bytes: [])
            return
        }
        // O_NONBLOCK: opening a FIFO must not wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw failure(.system(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(.system(errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw failure(.directory)
        default: throw failure(.notAFile)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(.system(errno))
            }
            bytes.append(contentsOf: buffer[0..<count])
            guard bytes.count <= Self.maximumSize else { throw failure(.tooLarge) }
        }
        self.init(name: path, bytes: bytes)
    }
}
