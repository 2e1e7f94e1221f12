import Events
import Glibc
import Synchronization
import SystemPackage

/// What QEMUs say, while processes of their names do nothing: in the store that they run, and on their monitors'
/// sockets that every command has succeeded.
public final class SimulatedQEMU: Sendable {
    private struct State {
        var isSilent = false
        var home: UInt32 = 0
        var answers = ["query-chardev": "[]", "query-vnc": "{\"enabled\": false}", "query-cpus-fast": "[]"]
        var commands: [String] = []
    }

    private let store: SimulatedStore
    private let directory: FilePath
    private let state = Mutex(State())

    /// - Parameter directory: where the monitors' sockets are.
    init(_ store: SimulatedStore, socketsIn directory: FilePath) {
        self.store = store
        self.directory = directory
    }

    /// The names of the commands that came.
    public var commands: [String] { state.withLock(\.commands) }

    /// Lets QEMUs that start from now on say nothing.
    public func silence() { state.withLock { $0.isSilent = true } }

    /// Lets QEMUs that start from now on run in another domain than the control domain.
    public func run(in domain: UInt32) { state.withLock { $0.home = domain } }

    /// Sets what a command is answered with, as JSON.
    public func answer(_ command: String, _ text: String) { state.withLock { $0.answers[command] = text } }

    /// A process was started that is to be a QEMU.
    func start(_ process: pid_t, _ arguments: [String]) {
        let number = zip(arguments, arguments.dropFirst()).first { $0.0 == "-xen-domid" }.flatMap { UInt32($0.1) }
        guard let domain = number, !state.withLock(\.isSilent) else { return }
        let path = directory.appending("qmp-libxl-\(domain)")
        if arguments.contains(where: { $0.contains(path.string) || $0.contains("fd=") }) { talk(at: path, process) }
        let home = state.withLock(\.home)
        store.access { $0.write("/local/domain/\(home)/device-model/\(domain)/state", "running") }
    }

    /// Serves the monitor that the process would have.
    private func talk(at path: FilePath, _ process: pid_t) {
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0, LocalAddress(path: path.string)?.bind(listener) == 0, listen(listener, 4) == 0 else {
            return
        }
        _ = startThread { [self] in
            serve(listener, process)
            Glibc.close(listener)
        }
    }

    /// Accepts connections while the process is there.
    private func serve(_ listener: CInt, _ process: pid_t) {
        while kill(process, 0) == 0 {
            var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 20) > 0 else { continue }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            _ = startThread { [self] in
                talk(connection)
                Glibc.close(connection)
            }
        }
    }

    private func talk(_ connection: CInt) {
        var greeting = #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "#
        greeting += #""capabilities": ["oob"]}}"#
        guard say(greeting, connection) else { return }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            line.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            let text = String(decoding: line, as: UTF8.self)
            line = []
            let command = text.firstMatch(of: #/"execute":"([^"]*)"/#)?.output.1
            let id = text.firstMatch(of: #/"id":([0-9]+)/#)?.output.1
            guard let command, let id else { continue }
            let answer = state.withLock { state in
                state.commands.append(String(command))
                return state.answers[String(command)] ?? "{}"
            }
            guard say("{\"return\": \(answer), \"id\": \(id)}", connection) else { return }
        }
    }

    private func say(_ text: String, _ connection: CInt) -> Bool {
        let bytes = Array((text + "\r\n").utf8)
        return send(connection, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count
    }
}
