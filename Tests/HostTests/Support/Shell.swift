import Foundation

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
        case .connectionLost(let command): "the host's shell went away during: \(command)"
        }
    }
}

/// A shell on a test host that runs one command after the other over one ssh session.
///
/// A new session costs a third of a second under emulation; a command over this one, a tenth of that.
final class Shell: @unchecked Sendable {
    /// Reads a length and a script of that length; writes exit code and sizes, then what the script wrote. Its output
    /// goes through files, so that a process that it leaves running holds no pipe open.
    private static let agent = """
        export LC_ALL=C; d=$(mktemp -d -p /run); trap "rm -rf $d" EXIT; i=0
        while IFS= read -r n; do
        IFS= read -r -N "$n" s; i=$((i+1))
        (eval "$s") > $d/$i.o 2> $d/$i.e < /dev/null; r=$?
        printf "%d " $r; stat --printf "%s " $d/$i.o $d/$i.e; echo; cat $d/$i.o $d/$i.e
        done
        """

    private let process: ChildProcess
    private let input: FileHandle
    private let output: FileHandle
    private let queue = DispatchQueue(label: "test-host-shell")

    init(sshConfiguration: String, host: String) throws {
        var (toChild, fromChild) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else {
            throw HostError.hostDidNotStart("no pipe: \(String(cString: strerror(errno)))")
        }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(toChild[0])
            close(fromChild[1])
        }
        input = FileHandle(fileDescriptor: toChild[1], closeOnDealloc: true)
        output = FileHandle(fileDescriptor: fromChild[0], closeOnDealloc: true)
        process = try ChildProcess(
            "ssh", ["-F", sshConfiguration, host, "exec bash --norc -c \(Self.agent.shellQuoted)"],
            input: toChild[0], output: fromChild[1])
    }

    deinit {
        process.terminate()
        _ = process.wait()
    }

    /// Runs a script. Throws when it does not end in time; the shell is of no use after that.
    func run(_ script: String, timeout: Duration) async throws -> CommandResult {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                let watchdog = DispatchWorkItem { self.process.terminate() }
                DispatchQueue.global().asyncAfter(
                    deadline: .now() + .seconds(Int(timeout.components.seconds)), execute: watchdog)
                defer { watchdog.cancel() }
                let clock = ContinuousClock()
                let start = clock.now
                do {
                    var result = try self.exchange(script)
                    result.duration = clock.now - start
                    continuation.resume(returning: result)
                } catch {
                    let late = clock.now - start >= timeout
                    continuation.resume(
                        throwing: late
                            ? HostError.commandTimedOut(command: script, after: timeout)
                            : HostError.connectionLost(command: script))
                }
            }
        }
    }

    private func exchange(_ script: String) throws -> CommandResult {
        let bytes = Data(script.utf8)
        try input.write(contentsOf: Data("\(bytes.count)\n".utf8) + bytes)
        var header = [UInt8]()
        while let byte = try output.read(upToCount: 1)?.first, byte != 10 { header.append(byte) }
        let numbers = String(decoding: header, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 3 else { throw HostError.connectionLost(command: script) }
        return CommandResult(
            command: script, exitCode: numbers[0],
            stdout: String(decoding: try read(numbers[1]), as: UTF8.self),
            stderr: String(decoding: try read(numbers[2]), as: UTF8.self), duration: .zero)
    }

    private func read(_ count: Int) throws -> Data {
        var data = Data()
        while data.count < count {
            guard let chunk = try output.read(upToCount: count - data.count), !chunk.isEmpty else {
                throw HostError.connectionLost(command: "")
            }
            data += chunk
        }
        return data
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
