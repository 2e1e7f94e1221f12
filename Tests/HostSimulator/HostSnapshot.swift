import Glibc
import SystemPackage

/// All that an operation could have left on a simulated host, for comparison.
public struct HostSnapshot: Hashable, Sendable {
    /// By path, each with value and permissions.
    public var nodes: [String: String]
    public var domains: [UInt32: SimulatedDomain]
    /// By path below the host's root, each with what is in it.
    public var files: [String: String]
    /// Programs that run.
    public var processes: [pid_t: String]
    /// Mappings of guests' pages.
    public var mappings: Int

    /// What differs, a line each: "+" for what only `self` has, "-" for what only `other` has.
    public func changes(since other: HostSnapshot) -> [String] {
        Self.changes("node", nodes, other.nodes) + Self.changes("file", files, other.files)
            + Self.changes("domain", domains, other.domains) + Self.changes("process", processes, other.processes)
            + (mappings == other.mappings ? [] : ["mappings: \(other.mappings) before, \(mappings) now"])
    }

    private static func changes<Key: Comparable, Value: Equatable>(
        _ what: String, _ new: [Key: Value], _ old: [Key: Value]
    ) -> [String] {
        Set(new.keys).union(old.keys).sorted().flatMap { key -> [String] in
            let (new, old) = (new[key], old[key])
            guard new != old else { return [] }
            return (old.map { ["- \(what) \(key) \($0)"] } ?? []) + (new.map { ["+ \(what) \(key) \($0)"] } ?? [])
        }
    }
}

extension SimulatedHost {
    public var snapshot: HostSnapshot {
        HostSnapshot(
            nodes: store.contents,
            domains: hypervisor.domains.mapValues { domain in
                var domain = domain
                domain.lastResume = nil
                return domain
            }, files: files(), processes: processes.left,
            mappings: hypervisor.openMappings)
    }

    /// The programs that run, by the names of their files.
    public var programs: [String] { processes.left.values.sorted() }

    /// What is below the root, but for what outlives operations by design: logs, the numbers of ended domains, and the
    /// lock that creations take turns under.
    private func files() -> [String: String] {
        var found: [String: String] = [:]
        let lasting = [
            toolstack.paths.log, toolstack.paths.lock, toolstack.paths.run.appending("domid-history"), store.path,
        ]
        walk(root) { path, status in
            guard !lasting.contains(path) else { return false }
            let name = String(path.string.dropFirst(root.string.utf8.count + 1))
            switch status.st_mode & S_IFMT {
            case S_IFDIR: found[name + "/"] = ""
            case S_IFREG: found[name] = text(of: path)
            default: found[name] = "\(status.st_mode & S_IFMT)"
            }
            return true
        }
        return found
    }

    /// - Parameter visit: returns whether to go on below a directory.
    private func walk(_ directory: FilePath, _ visit: (FilePath, stat) -> Bool) {
        guard let stream = opendir(directory.string) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            let path = directory.appending(name)
            var status = stat()
            guard lstat(path.string, &status) == 0 else { continue }
            if visit(path, status), status.st_mode & S_IFMT == S_IFDIR { walk(path, visit) }
        }
    }

    public func text(of path: FilePath) -> String {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return "" }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Removes the root and all below it.
    func removeFiles() {
        var directories = [root]
        walk(root) { path, status in
            if status.st_mode & S_IFMT == S_IFDIR { directories.append(path) } else { unlink(path.string) }
            return true
        }
        for directory in directories.reversed() { rmdir(directory.string) }
    }
}
