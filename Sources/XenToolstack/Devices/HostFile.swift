import Glibc
import SystemPackage

/// What a path of the host names, as far as attaching a device depends on it.
public enum HostFile: Sendable, Hashable {
    /// What this process may do with a file.
    public struct Access: OptionSet, Sendable, Hashable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// To run it, or to look into the directory.
        public static let execute = Access(rawValue: X_OK)
        /// To write.
        public static let write = Access(rawValue: W_OK)
        /// To read.
        public static let read = Access(rawValue: R_OK)
    }

    /// A file, and what this process may do with it.
    case regular(Access)
    /// A block device, and what this process may do with it.
    case block(Access)
    /// A directory.
    case directory
    /// Something else.
    case other
    /// The system's words for why it cannot be looked at.
    case missing(String)

    /// Looks at a path, through links.
    public static func inspect(_ path: String) -> HostFile {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing("\(Errno(rawValue: errno))") }
        var access: Access = []
        for one: Access in [.execute, .write, .read] where Glibc.access(path, one.rawValue) == 0 { access.insert(one) }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .regular(access)
        case S_IFBLK: .block(access)
        case S_IFDIR: .directory
        default: .other
        }
    }
}
