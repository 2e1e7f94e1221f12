import Foundation
import Synchronization
import Testing

/// A real Xen host for tests: Debian with Xen, upstream's `xl`, and ours.
///
/// One host serves a whole run of tests, one test at a time; another takes its place when its emulation fails. It comes
/// from `Tests/XenHost/xenhost`, which takes it down when this process ends, however it ends.
actor TestHost {
    /// The host of the test that runs; the `.host` trait sets it.
    @TaskLocal static var current: TestHost?
    /// Another host beside it; the `.peer` trait sets it.
    @TaskLocal static var peer: TestHost?

    /// Whether host tests were asked for: `make host-test` sets it.
    static let isWanted = ProcessInfo.processInfo.environment["SWIFT_XL_HOST"] == "1"
    /// Whether the whole matrix was asked for: `make test-full` sets it.
    static let isFull = ProcessInfo.processInfo.environment["SWIFT_XL_FULL"] == "1"

    /// Upstream's program without Debian's wrapper, and ours.
    static let upstream = "/root/upstream/xl"
    static let ours = "/root/ours/xl"

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let xenhost = repository.appending(path: "Tests/XenHost/xenhost").path

    private static let running = Mutex((count: 0, host: Task<TestHost, any Error>?.none))
    /// The host that all tests share.
    static var shared: TestHost {
        get async throws {
            let task = running.withLock { running in
                if let host = running.host { return host }
                running.count += 1
                let name = "test-\(ProcessInfo.processInfo.processIdentifier)-\(running.count)"
                let host = Task { try await TestHost(name: name) }
                running.host = host
                return host
            }
            return try await task.value
        }
    }

    /// A second host, started when it is first asked for.
    var companion: TestHost {
        get async throws {
            if let known = companionHost.withLock(\.self) { return known }
            let host = try await TestHost(name: name + "-peer")
            companionHost.withLock { $0 = host }
            return host
        }
    }

    /// Takes this host down, and the one beside it; the next test gets others.
    func retire() async throws {
        Self.running.withLock { $0.host = nil }
        try await companionHost.withLock(\.self)?.retire()
        try await Self.runTool(["down", name])
    }

    nonisolated let name: String
    private nonisolated let sshConfiguration: String
    private var shell: Shell
    private(set) var journal: [CommandResult] = []
    private var cleanUps: [String] = []
    private nonisolated let companionHost = Mutex<TestHost?>(nil)
    private nonisolated let answers = Mutex(true)
    /// Where the console was when the test began.
    private nonisolated let consoleStart = Mutex(0)

    init(name: String) async throws {
        self.name = name
        print("Starting test host \(name)")
        try await Self.runTool(["up", name])
        let cache = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
        sshConfiguration = "\(cache)/swift-xl/run/\(name)/ssh_config"
        shell = try Shell(sshConfiguration: sshConfiguration, host: name)
        try await installTools()
    }

    /// Runs a script and gives back what it did, whatever its exit code.
    @discardableResult
    func run(_ script: String, timeout: Duration = .seconds(180)) async throws -> CommandResult {
        do {
            let result = try await shell.run(script, timeout: timeout)
            journal.append(result)
            return result
        } catch {
            shell = try Shell(sshConfiguration: sshConfiguration, host: name)
            let answers = (try? await shell.run("true", timeout: .seconds(60))) != nil
            self.answers.withLock { $0 = answers }
            throw error
        }
    }

    /// Runs a script that the test needs to succeed.
    @discardableResult
    func require(_ script: String, timeout: Duration = .seconds(180)) async throws -> CommandResult {
        let result = try await run(script, timeout: timeout)
        guard result.exitCode == 0 else { throw HostError.commandFailed(result) }
        return result
    }

    /// Runs our `xl`.
    @discardableResult
    func ours(_ arguments: String, timeout: Duration = .seconds(180)) async throws -> CommandResult {
        try await run("\(Self.ours) \(arguments)", timeout: timeout)
    }

    /// Runs upstream's `xl`.
    @discardableResult
    func upstream(_ arguments: String, timeout: Duration = .seconds(180)) async throws -> CommandResult {
        try await run("\(Self.upstream) \(arguments)", timeout: timeout)
    }

    /// Copies a file of this machine to the host.
    func put(_ file: String, as path: String) async throws {
        try await Self.runProcess(
            "/bin/sh", ["-c", "ssh -F \"$1\" \"$2\" \"cat > '$4'\" < \"$3\"", "sh", sshConfiguration, name, file, path])
    }

    /// Writes a small text file.
    func write(_ text: String, to path: String) async throws {
        try await require("printf %s \(text.shellQuoted) > \(path.shellQuoted)")
    }

    /// Has a script run when the test has ended; the last one added runs first.
    func atEnd(_ script: String) { cleanUps.append(script) }

    /// Waits until a script succeeds, and gives back its last run.
    @discardableResult
    func wait(until script: String, timeout: Duration = .seconds(90)) async throws -> CommandResult {
        // Polled in the host: an event would have to be one of the tools under test.
        try await require("until { \(script); }; do sleep 0.2; done", timeout: timeout)
    }

    /// What other hosts reach it by: the build machine, which all of them see at 10.0.2.2, passes this port on.
    var sshPort: Int {
        get throws {
            let file = URL(fileURLWithPath: sshConfiguration).deletingLastPathComponent().appending(path: "port")
            guard let port = Int(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first ?? "")
            else { throw HostError.hostDidNotStart("\(file.path) has no number") }
            return port
        }
    }

    /// Makes ready for a test.
    func begin() {
        journal = []
        cleanUps = []
        consoleStart.withLock { $0 = console.count }
    }

    /// What went wrong with the emulation since the test began, if anything did: the hypervisor and the tools have no
    /// part in it.
    ///
    /// QEMU sometimes runs the hypervisor's code in a hardware-assisted guest's address space, which ends the guest
    /// with a triple fault; the same guest runs on another host.
    nonisolated var emulationFault: String? {
        if let fault = companionHost.withLock(\.self)?.emulationFault { return fault }
        guard answers.withLock(\.self) else { return "the host does not answer" }
        let since = console.dropFirst(consoleStart.withLock(\.self))
        return since.contains("Triple fault") ? "a guest ended with a triple fault" : nil
    }

    private nonisolated var console: String {
        let serial = URL(fileURLWithPath: sshConfiguration).deletingLastPathComponent().appending(path: "serial")
        return (try? String(decoding: Data(contentsOf: serial), as: UTF8.self)) ?? ""
    }

    /// Runs what `atEnd` collected, in reverse order.
    func end() async throws {
        for script in cleanUps.reversed() { try await run(script) }
        cleanUps = []
    }

    /// What a failed test is shown with: the test's commands, the host's console, the hypervisor's log.
    func report() async -> String {
        let commands = journal.suffix(30).map(\.description).joined(separator: "\n")
        let hypervisor = (try? await shell.run("\(Self.upstream) dmesg | tail -n 30", timeout: .seconds(30)))?.stdout
        let companion = await companionHost.withLock(\.self)?.report() ?? ""
        return """
            Commands on \(name):
            \(commands)
            The host's console, its end:
            \(console.split(separator: "\n").suffix(25).joined(separator: "\n").indented("  "))
            xl dmesg, its end:
            \((hypervisor ?? "not to be had").indented("  "))
            \(companion)
            """
    }

    private func installTools() async throws {
        let environment = ProcessInfo.processInfo.environment
        let binary = environment["SWIFT_XL_BINARY"] ?? ".build/release/xl"
        let path = binary.hasPrefix("/") ? binary : Self.repository.appending(path: binary).path
        let config = sshConfiguration
        try await Self.runProcess(
            "/bin/sh",
            [
                "-c",
                "gzip -1 -c \"$1\" | ssh -F \"$2\" \"$3\" 'mkdir -p /root/ours && gunzip > /root/ours/xl && chmod 755 /root/ours/xl'",
                "sh", path, config, name,
            ])
        try await put(
            Self.repository.appending(path: "Tests/XenHost/tools/store-ls").path, as: "/usr/local/bin/store-ls")
        try await require("chmod 755 /usr/local/bin/store-ls")
        try await require("mkdir -p /root/upstream && ln -sf /usr/lib/xen-*/bin/xl /root/upstream/xl")
        // The first domain and the first script of a host's life make nodes and files that stay.
        try await require(
            """
            mkdir -p /run/xen-hotplug
            printf 'name="first"\\ntype="pv"\\nkernel="/root/guests/idle-pv"\\nmemory=4\\n' > first.cfg
            \(Self.upstream) create -q -e first.cfg && \(Self.upstream) destroy first && rm first.cfg
            """)
    }

    private static func runTool(_ arguments: [String]) async throws {
        try await runProcess(xenhost, arguments)
    }

    /// Longer than a host takes to start on a busy machine.
    private static let processLimit = DispatchTimeInterval.seconds(600)

    static func runProcess(_ program: String, _ arguments: [String]) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                do {
                    let owner = ["XENHOST_OWNER": "\(ProcessInfo.processInfo.processIdentifier)"]
                    let process = try ChildProcess(program, arguments, environment: owner)
                    let watchdog = DispatchWorkItem { process.terminate() }
                    DispatchQueue.global().asyncAfter(deadline: .now() + processLimit, execute: watchdog)
                    let code = process.wait()
                    watchdog.cancel()
                    guard code == 0 else {
                        throw HostError.hostDidNotStart(
                            "\(program) \(arguments.joined(separator: " ")) exited with \(code)")
                    }
                    continuation.resume()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}
