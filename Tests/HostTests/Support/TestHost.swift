import Foundation
import Synchronization
import Testing

/// A real Xen host for tests: Debian with Xen, upstream's `xl`, and ours.
///
/// A host serves one test at a time, as `HostPool` gives them out. It comes from `Tests/XenHost/xenhost`, which takes it
/// down when this process ends, however it ends.
actor TestHost {
    /// The host of the test that runs; the `.host` trait sets it.
    @TaskLocal static var current: TestHost?
    /// Another host beside it, for tests with the `.peer` trait.
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

    nonisolated let name: String
    nonisolated let release: HostRelease
    private nonisolated let sshConfiguration: String
    /// How many processors it has.
    nonisolated let processors: Int
    private var agent: HostAgent
    private(set) var journal: [CommandResult] = []
    private var cleanUps: [(operation: HostAgent.Operation, body: String)] = []
    private nonisolated let answers = Mutex(true)
    /// Where the console was when the test began.
    private nonisolated let consoleStart = Mutex(0)

    init(name: String, release: HostRelease, processors: Int) async throws {
        self.name = name
        self.release = release
        self.processors = processors
        print(
            "Starting test host \(name): Xen \(release.rawValue), \(processors) processor\(processors == 1 ? "" : "s")")
        try await Self.runTool(["up", "--cpus", "\(processors)", name], release)
        let cache = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache"
        sshConfiguration = "\(cache)/swift-xl/run/\(name)/ssh_config"
        try await Self.installTools(sshConfiguration, name)
        agent = try HostAgent(sshConfiguration: sshConfiguration, host: name, path: Self.agentPath)
        try await makeReady()
    }

    /// Takes this host down; nobody gets it any more.
    func retire() async throws {
        answers.withLock { $0 = false }
        try await Self.runTool(["down", name], release)
    }

    /// Whether it answers, as far as is known.
    nonisolated var isFit: Bool { answers.withLock(\.self) }

    /// Runs a script and gives back what it did, whatever its exit code.
    @discardableResult
    func run(_ script: String, timeout: Duration = .seconds(180)) async throws -> CommandResult {
        let result = try await ask(.run, script, timeout: timeout)
        journal.append(result)
        return result
    }

    /// Asks the host's agent.
    func ask(
        _ operation: HostAgent.Operation, _ body: String = "", timeout: Duration = .seconds(60)
    ) async throws -> CommandResult {
        do {
            return try await agent.ask(operation, body, timeout: timeout)
        } catch {
            agent = try HostAgent(sshConfiguration: sshConfiguration, host: name, path: Self.agentPath)
            let answers = (try? await agent.ask(.run, "true", timeout: .seconds(60))) != nil
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
    func atEnd(_ script: String) { cleanUps.append((.run, script)) }

    /// Has a domain, or all whose names match a pattern, destroyed, if still there, and files unlinked, when the test has
    /// ended.
    func dropAtEnd(_ domain: String, files: String...) {
        cleanUps.append((.drop, ([domain] + files).joined(separator: "\n")))
    }

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
        for step in cleanUps.reversed() {
            journal.append(try await ask(step.operation, step.body, timeout: .seconds(180)))
        }
        cleanUps = []
    }

    /// What a failed test is shown with: the test's commands, the host's console, the hypervisor's log.
    func report() async -> String {
        let commands = journal.suffix(30).map(\.description).joined(separator: "\n")
        let hypervisor = (try? await agent.ask(.run, "\(Self.upstream) dmesg | tail -n 30", timeout: .seconds(30)))?
            .stdout
        return """
            Commands on \(name):
            \(commands)
            The host's console, its end:
            \(console.split(separator: "\n").suffix(25).joined(separator: "\n").indented("  "))
            xl dmesg, its end:
            \((hypervisor ?? "not to be had").indented("  "))
            """
    }

    private static let agentPath = "/usr/local/lib/test-agent"

    /// Puts our `xl` and the programs that tests use into a host.
    private static func installTools(_ sshConfiguration: String, _ name: String) async throws {
        let binary = ProcessInfo.processInfo.environment["SWIFT_XL_BINARY"] ?? ".build/product/release/xl"
        let xl = binary.hasPrefix("/") ? binary : repository.appending(path: binary).path
        let tools = repository.appending(path: "Tests/XenHost/tools").path
        try await runProcess(
            "/bin/sh",
            [
                "-c",
                """
                cp "$1" "$5"/xl && tar -C "$5" -cf - xl -C "$2" agent store-ls | gzip -1 | ssh -F "$3" "$4" '
                    mkdir -p /root/ours /root/upstream && cd /root/ours && tar --no-same-owner -xzf - &&
                    mv agent \(agentPath) && mv store-ls /usr/local/bin/store-ls &&
                    ln -sf /usr/lib/xen-*/bin/xl /root/upstream/xl'
                """,
                "sh", xl, tools, sshConfiguration, name,
                URL(fileURLWithPath: sshConfiguration).deletingLastPathComponent().path,
            ])
    }

    /// The first domain and the first script of a host's life make nodes and files that stay.
    private func makeReady() async throws {
        try await require(
            """
            mkdir -p /run/xen-hotplug
            printf 'name="first"\ntype="pv"\nkernel="/root/guests/idle-pv"\nmemory=4\n' > first.cfg
            \(Self.upstream) create -q -e first.cfg && \(Self.upstream) destroy first && rm first.cfg
            """)
    }

    private static func runTool(_ arguments: [String], _ release: HostRelease) async throws {
        try await runProcess(
            xenhost, arguments, environment: ["XENHOST_SUITE": release.suite, "XENHOST_XEN": release.rawValue])
    }

    /// Longer than a host takes to start on a busy machine.
    private static let processLimit = DispatchTimeInterval.seconds(600)

    static func runProcess(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async {
                do {
                    var environment = environment
                    environment["XENHOST_OWNER"] = "\(ProcessInfo.processInfo.processIdentifier)"
                    let process = try ChildProcess(program, arguments, environment: environment)
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
