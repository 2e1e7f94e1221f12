import Events
import Glibc
import Synchronization
import SystemPackage

/// What QEMUs say, while processes of their names do nothing: in the store that they run, and on their monitors'
/// sockets that every command has succeeded.
public final class SimulatedQEMU: Sendable {
    fileprivate struct State {
        var isSilent = false
        var home: UInt32 = 0
        var answers = [
            "query-chardev": "[]", "query-vnc": "{\"enabled\": false}", "query-cpus-fast": "[]",
            "add-fd": "{\"fdset-id\": 1}",
        ]
        var commands: [String] = []
        var requests: [String] = []
        var refusals: [String: String] = [:]
        var devices: [String: UInt32] = [:]
        var hasUSB = true
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

    /// The commands that came, as they came.
    public var requests: [String] { state.withLock(\.requests) }

    /// The names of the devices that a domain's QEMU has, from its command line or since.
    public func devices(of domain: UInt32) -> [String] {
        state.withLock { state in state.devices.filter { $0.value == domain }.keys.sorted() }
    }

    /// Has a command refused, as QEMU says it: class and words. nil ends that.
    public func refuse(_ command: String, _ errorClass: String?, _ words: String = "no") {
        state.withLock {
            $0.refusals[command] = errorClass.map { #"{"class": "\#($0)", "desc": "\#(words)"}"# }
        }
    }

    /// Lets QEMUs that start from now on be such as were built without libusb.
    public func leaveOutUSB() { state.withLock { $0.hasUSB = false } }

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
        state.withLock { state in
            for option in arguments { state.note(option, of: domain) }
        }
        if arguments.contains(where: { $0.contains(path.string) || $0.contains("fd=") }) {
            talk(at: path, process, domain)
        }
        let (home, hasUSB) = state.withLock { ($0.home, $0.hasUSB) }
        store.access { store in
            let node = "/local/domain/\(home)/device-model/\(domain)"
            store.write("\(node)/backends/\(hasUSB ? "qusb" : "vfb")", "")
            store.write("\(node)/state", "running")
        }
    }

    /// Serves the monitor that the process would have.
    private func talk(at path: FilePath, _ process: pid_t, _ domain: UInt32) {
        let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0, LocalAddress(path: path.string)?.bind(listener) == 0, listen(listener, 4) == 0 else {
            return
        }
        _ = startThread { [self] in
            serve(listener, process, domain)
            Glibc.close(listener)
        }
    }

    /// Accepts connections while the process is there.
    private func serve(_ listener: CInt, _ process: pid_t, _ domain: UInt32) {
        while kill(process, 0) == 0 {
            var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 20) > 0 else { continue }
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            _ = startThread { [self] in
                talk(connection, domain)
                Glibc.close(connection)
            }
        }
    }

    private func talk(_ connection: CInt, _ domain: UInt32) {
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
            let answer = state.withLock { $0.answer(text, String(command), of: domain) }
            guard say("{\(answer), \"id\": \(id)}", connection) else { return }
        }
    }

    private func say(_ text: String, _ connection: CInt) -> Bool {
        let bytes = Array((text + "\r\n").utf8)
        return send(connection, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count
    }
}

extension SimulatedQEMU.State {
    /// Notes the device of an option of the command line.
    fileprivate mutating func note(_ option: String, of domain: UInt32) {
        guard let id = option.firstMatch(of: #/,id=([^,]*)/#)?.output.1 else { return }
        devices[String(id)] = domain
    }

    /// What a command is answered with, as members of the answer.
    fileprivate mutating func answer(_ text: String, _ command: String, of domain: UInt32) -> String {
        commands.append(command)
        requests.append(text)
        if let refusal = refusals[command] { return "\"error\": \(refusal)" }
        let name = text.firstMatch(of: #/"arguments":\{[^}]*"id":"([^"]*)"/#).map { String($0.output.1) }
        switch (command, name) {
        case ("device_add", let name?): devices[name] = domain
        case ("device_del", let name?):
            guard devices.removeValue(forKey: name) != nil else {
                return #""error": {"class": "DeviceNotFound", "desc": "Device '\#(name)' not found"}"#
            }
        case ("query-pci", _) where answers[command] == nil:
            let places = devices.filter { $0.value == domain }.keys.sorted().enumerated().map { index, id in
                #"{"qdev_id": "\#(id)", "slot": \#(index % 32), "function": 0}"#
            }
            return #""return": [{"devices": [\#(places.joined(separator: ", "))]}]"#
        default: break
        }
        return "\"return\": \(answers[command] ?? "{}")"
    }
}
