import CHostSimulator
import Glibc
import Synchronization

/// Which hosts there are, by their roots: for requests that but name a file.
enum HostRegistry {
    struct Entry: Sendable {
        let faults: Faults
        let processes: ProcessList
        /// Does what a program does that has just been started; gets its path below the root and its arguments.
        let started: @Sendable (_ name: String, _ process: pid_t, _ arguments: [String]) -> Void
    }

    private static let entries = Mutex<[String: Entry]>([:])

    static func add(_ root: String, _ entry: Entry) { entries.withLock { $0[root] = entry } }

    static func remove(_ root: String) { entries.withLock { _ = $0.removeValue(forKey: root) } }

    /// The host that a path is of, and the path below its root.
    static func find(_ path: String) -> (host: Entry, name: String)? {
        entries.withLock { entries in
            guard let (root, entry) = entries.first(where: { path.hasPrefix($0.key + "/") }) else { return nil }
            return (entry, String(path.dropFirst(root.utf8.count + 1)))
        }
    }
}

/// The programs that a host's toolstack has started.
final class ProcessList: Sendable {
    private let started = Mutex<[pid_t: String]>([:])

    func add(_ process: pid_t, _ name: String) { started.withLock { $0[process] = name } }

    /// Ends those that run.
    func end() {
        for process in left.keys {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }

    /// Those that run. Of the end of one that outlives its command nobody asks but this.
    var left: [pid_t: String] {
        started.withLock { started in
            started = started.filter { waitpid($0.key, nil, WNOHANG) == 0 }
            return started
        }
    }
}

@_cdecl("host_simulator_fault")
func hostFault(_ operation: UnsafePointer<CChar>, _ path: UnsafePointer<CChar>) -> Int32 {
    guard let (host, name) = HostRegistry.find(String(cString: path)) else { return 0 }
    let operation = String(cString: operation)
    let kind: Faults.Kind = operation == "posix_spawn" ? .process : .file
    return host.faults.failure(kind, "\(operation) \(name)") ?? 0
}

@_cdecl("host_simulator_started")
func hostStarted(
    _ path: UnsafePointer<CChar>, _ process: pid_t, _ arguments: UnsafePointer<UnsafePointer<CChar>?>
) {
    guard let (host, name) = HostRegistry.find(String(cString: path)) else { return }
    host.processes.add(process, name)
    var words: [String] = []
    while let word = arguments[words.count] { words.append(String(cString: word)) }
    host.started(name, process, words)
}
