import Foundation
import Glibc

/// What a command on a test host did.
struct CommandResult: Sendable, CustomStringConvertible {
    var command: String
    /// The exit code as a shell sees it: 128 + N for a command that signal N ended.
    var exitCode: Int
    var stdout: String
    var stderr: String
    var duration: Duration

    var lines: [Substring] { stdout.split(separator: "\n") }

    var description: String {
        var text =
            "$ \(command)\n  exit \(exitCode), \(duration.formatted(.units(allowed: [.seconds], fractionalPart: .show(length: 1))))"
        if !stdout.isEmpty { text += "\n" + stdout.indented("  | ") }
        if !stderr.isEmpty { text += "\n" + stderr.indented("  ! ") }
        return text
    }
}

enum HostError: Error, CustomStringConvertible {
    case hostDidNotStart(String)
    case commandFailed(CommandResult)
    case commandTimedOut(command: String, after: Duration)
    case connectionLost(command: String)

    var description: String {
        switch self {
        case .hostDidNotStart(let reason): "the test host did not start: \(reason)"
        case .commandFailed(let result): "a command of the test itself failed\n\(result)"
        case .commandTimedOut(let command, let limit): "no end after \(limit): \(command)"
        case .connectionLost(let command): "the host's agent went away during: \(command)"
        }
    }
}

/// The agent in a test host (`Tests/XenHost/tools/agent`): it answers questions and runs commands, one after the other,
/// over one ssh session.
///
/// A new session costs a third of a second under emulation; a question over this one, a few milliseconds.
final class HostAgent: @unchecked Sendable {
    /// What the agent can be asked; its own text says what each means.
    enum Operation: String { case run, residue, store, domain, states, drop, shut, obey }

    private let process: ChildProcess
    private let input: Int32
    private let output: Int32
    private var received: [UInt8] = []
    private let queue = DispatchQueue(label: "test-host-agent")

    /// - Parameter path: where the agent's program is in the host.
    init(sshConfiguration: String, host: String, path: String) throws {
        signal(SIGPIPE, SIG_IGN)
        var (toChild, fromChild) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
            throw HostError.hostDidNotStart("no pipe: \(String(cString: strerror(errno)))")
        }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(toChild[0])
            close(fromChild[1])
        }
        (input, output) = (toChild[1], fromChild[0])
        _ = fcntl(input, F_SETFL, O_NONBLOCK)
        process = try ChildProcess(
            "ssh", ["-F", sshConfiguration, host, "exec python3 -u \(path)"],
            input: toChild[0], output: fromChild[1])
    }

    deinit {
        close(input)
        close(output)
        process.end()
    }

    /// Asks, or runs a script. Throws when that does not end in time; the agent is of no use after that.
    func ask(_ operation: Operation, _ body: String, timeout: Duration) async throws -> CommandResult {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                let start = ContinuousClock.now
                do {
                    var result = try self.exchange(operation, body, by: start + timeout)
                    result.duration = ContinuousClock.now - start
                    continuation.resume(returning: result)
                } catch {
                    continuation.resume(
                        throwing: ContinuousClock.now - start >= timeout
                            ? HostError.commandTimedOut(command: body, after: timeout)
                            : HostError.connectionLost(command: body))
                }
            }
        }
    }

    private func exchange(
        _ operation: Operation, _ body: String, by deadline: ContinuousClock.Instant
    ) throws -> CommandResult {
        let bytes = Array(body.utf8)
        try write(Array("\(operation.rawValue) \(bytes.count)\n".utf8) + bytes, by: deadline)
        while !received.contains(10) { try receive(by: deadline) }
        let header = received.prefix { $0 != 10 }
        received.removeFirst(header.count + 1)
        let numbers = String(decoding: header, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 3 else { throw HostError.connectionLost(command: body) }
        return CommandResult(
            command: body, exitCode: numbers[0], stdout: try text(numbers[1], by: deadline),
            stderr: try text(numbers[2], by: deadline), duration: .zero)
    }

    private func text(_ count: Int, by deadline: ContinuousClock.Instant) throws -> String {
        while received.count < count { try receive(by: deadline) }
        defer { received.removeFirst(count) }
        return String(decoding: received.prefix(count), as: UTF8.self)
    }

    private func write(_ bytes: [UInt8], by deadline: ContinuousClock.Instant) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            try wait(for: input, POLLOUT, by: deadline)
            let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EAGAIN else { throw HostError.connectionLost(command: "") }
            rest = rest.dropFirst(max(count, 0))
        }
    }

    private func receive(by deadline: ContinuousClock.Instant) throws {
        try wait(for: output, POLLIN, by: deadline)
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(output, &buffer, buffer.count)
        guard count > 0 else { throw HostError.connectionLost(command: "") }
        received += buffer[..<count]
    }

    /// ssh may be as stuck as what it talks to: nothing here waits for it beyond the deadline.
    private func wait(for descriptor: Int32, _ event: Int32, by deadline: ContinuousClock.Instant) throws {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        var ready: Int32
        repeat {
            let left = max(deadline - .now, .zero) / .milliseconds(1)
            ready = poll(&entry, 1, Int32(min(left.rounded(.up), 1e9)))
        } while ready < 0 && errno == EINTR
        guard ready > 0 else { throw HostError.connectionLost(command: "") }
    }
}

extension String {
    func indented(_ prefix: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).dropLastWhile(\.isEmpty)
            .map { prefix + $0 }.joined(separator: "\n")
    }

    /// The lines that only one of two texts has, for a failed comparison's message.
    func lineDifferences(to theirs: String) -> String {
        let (mine, others) = (split(separator: "\n"), theirs.split(separator: "\n"))
        return mine.difference(from: others).map { change in
            switch change {
            case .insert(_, let line, _): "ours:     \(line)"
            case .remove(_, let line, _): "upstream: \(line)"
            }
        }.joined(separator: "\n")
    }

    /// The text as one word of a shell's command line.
    var shellQuoted: String { "'" + replacing("'", with: "'\\''") + "'" }
}

extension Array {
    fileprivate func dropLastWhile(_ predicate: (Element) -> Bool) -> ArraySlice<Element> {
        guard let last = lastIndex(where: { !predicate($0) }) else { return [] }
        return self[...last]
    }
}
