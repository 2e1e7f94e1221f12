import Glibc
import SystemPackage

/// Processes of this host that are known by what they were started with.
enum HostProcess {
    /// The arguments of a process, program first; nil when there is none.
    static func commandLine(_ id: pid_t) -> [String]? {
        let bytes = (try? Files.read(FilePath("/proc/\(id)/cmdline"), limit: 1 << 20)) ?? nil
        guard var words = bytes?.split(separator: 0, omittingEmptySubsequences: false) else { return nil }
        // Each argument ends with a zero byte.
        if words.last?.isEmpty == true { words.removeLast() }
        return words.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A descriptor that stands for a process, even if its number gets another owner.
    ///
    /// - Returns: nil when there is none, or one that was started otherwise.
    static func open(_ id: pid_t, where isWanted: ([String]) -> Bool) -> FileDescriptor? {
        guard let process = try? SystemCalls.openProcess(id) else { return nil }
        // Looked at only now that the descriptor holds the process.
        if let words = commandLine(id), isWanted(words) { return process }
        try? process.close()
        return nil
    }

    /// The first process that was started like this.
    static func find(where isWanted: ([String]) -> Bool) -> FileDescriptor? {
        for name in Files.names(in: "/proc") {
            guard let id = pid_t(name), let process = open(id, where: isWanted) else { continue }
            return process
        }
        return nil
    }
}
