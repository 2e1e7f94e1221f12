import Glibc
import Synchronization
import SystemPackage

/// A program started by the toolstack: hotplug script, bootloader, QEMU, console client, monitor.
///
/// Started with posix_spawn, for `fork` in a process with threads is not safe. It gets the descriptors
/// that its plan names and no others, default signal handlers and an empty signal mask.
package final class ChildProcess: Sendable {
    package let id: pid_t
    package let plan: Plan
    private let handle: FileDescriptor
    private let state = Mutex<ExitStatus?>(nil)

    private init(id: pid_t, plan: Plan, handle: FileDescriptor) {
        self.id = id
        self.plan = plan
        self.handle = handle
    }

    deinit { try? handle.close() }

    /// - Throws: `noMemory` when there is no room for one more process now, or `fail` when the program cannot be
    ///   started; with the system's words.
    package static func start(_ plan: Plan) throws(ToolstackError) -> ChildProcess {
        let id = try plan.spawn()
        do {
            return ChildProcess(id: id, plan: plan, handle: try SystemCalls.openProcess(id))
        } catch {
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
            throw ToolstackError(.fail, "cannot watch \(plan.executable)", cause: "pidfd_open: \(error)")
        }
    }

    /// Suspends until the process has ended.
    package func wait() async throws(CancellationError) -> ExitStatus {
        while true {
            if let status = reap() { return status }
            try await waitUntilReadable(handle)
        }
    }

    /// How the process ended, or nil while it runs.
    package func reap() -> ExitStatus? {
        state.withLock { ended in
            if let ended { return ended }
            var status: CInt = 0
            var result: pid_t
            repeat { result = waitpid(id, &status, WNOHANG) } while result < 0 && errno == EINTR
            if result == 0 { return nil }
            let final = result == id ? ExitStatus(waitStatus: status) : .exited(255)
            ended = final
            return final
        }
    }

    /// Sends a signal to the process, or to its whole group if it leads one. Does nothing once it has been reaped.
    package func send(_ signal: CInt) {
        state.withLock { ended in
            guard ended == nil else { return }
            kill(plan.group == .shared ? id : -id, signal)
        }
    }

    /// Ends the process: SIGTERM, and SIGKILL if it is still there after `grace`.
    /// Runs to its end also when the task is cancelled.
    ///
    /// - Returns: how it ended; nil when it is still there although killed, for it waits in the kernel (state D: a
    ///   device or a network file system that does not answer). It ends when that wait does.
    @discardableResult
    package func stop(grace: Duration = .seconds(2)) async -> ExitStatus? {
        await stop(by: [(SIGTERM, grace), (SIGKILL, Self.killLimit)])
    }

    /// How long a process that was killed may take to end.
    private static let killLimit = Duration.seconds(10)

    /// - Parameter signals: each with how long the process may take to end after it.
    func stop(by signals: [(number: CInt, limit: Duration)]) async -> ExitStatus? {
        await toTheEnd { [self] in
            for signal in signals {
                send(signal.number)
                if let status = try? await withDeadline(signal.limit, { try await self.wait() }) { return status }
            }
            return nil
        }
    }

    /// Waits for the process's end for at most `limit`, and stops it when the time is up or the task is cancelled.
    ///
    /// - Parameter grace: for how long a cancelled task still lets the process end by itself.
    /// - Returns: how it ended by itself, or nil if it had to be stopped because the time was up; `reap` is nil then
    ///   if that failed.
    package func finish(
        within limit: Duration, grace: Duration = .zero
    ) async throws(CancellationError) -> ExitStatus? {
        do {
            if let status = try await withDeadline(limit, { try await self.wait() }) { return status }
            await stop()
            return nil
        } catch {
            if grace > .zero {
                await toTheEnd { [self] in _ = try? await withDeadline(grace) { try await self.wait() } }
            }
            await stop()
            throw CancellationError()
        }
    }
}

extension ChildProcess {
    /// How a process ended.
    package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
        case exited(CInt)
        case killed(signal: CInt)

        init(waitStatus: CInt) {
            let signal = waitStatus & 0x7F
            self = signal == 0 ? .exited(waitStatus >> 8 & 0xFF) : .killed(signal: signal)
        }

        package var isSuccess: Bool { self == .exited(0) }

        package var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .killed(let signal): "was killed by signal \(signal)"
            }
        }
    }

    /// What one of the standard streams is connected to.
    package enum Stream: Sendable, Hashable {
        case null
        /// The stream of the same number of this process.
        case inherited
        case descriptor(FileDescriptor)
        /// Opened by the child by name; for a session leader a terminal becomes its controlling terminal.
        case file(FilePath)
    }

    package enum Group: Sendable, Hashable {
        /// The group of this process: the terminal's Ctrl-C reaches it.
        case shared
        /// A group of its own in the same session.
        case own
        /// A session of its own, without a controlling terminal.
        case session
    }

    /// A program with all that it starts with, as a value.
    package struct Plan: Sendable, Hashable {
        /// Absolute, or looked up in the current directory.
        package var executable: FilePath
        /// Including the name of the program itself, first.
        package var arguments: [String]
        /// Added to this process's environment.
        package var environment: [String: String] = [:]
        package var input: Stream = .null
        package var output: Stream = .inherited
        package var error: Stream = .inherited
        /// Descriptors that become 3, 4, … in the child.
        package var passedDescriptors: [FileDescriptor] = []
        package var group: Group = .shared
        package var workingDirectory: FilePath?

        package init(_ executable: FilePath, _ arguments: [String] = []) {
            self.executable = executable
            self.arguments = [executable.string] + arguments
        }

        /// The environment as `NAME=value`, this process's own first.
        func environmentStrings() -> [String] {
            var strings: [String] = []
            var next = environ
            while let entry = next.pointee {
                let text = String(cString: entry)
                let name = text.prefix { $0 != "=" }
                if environment[String(name)] == nil { strings.append(text) }
                next += 1
            }
            return strings + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        }
    }
}
