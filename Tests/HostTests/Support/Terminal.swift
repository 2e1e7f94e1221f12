extension TestHost {
    /// One thing that somebody at a terminal does.
    enum TerminalStep: Sendable {
        /// Waits until a script succeeds.
        case until(String)
        /// Waits until the command has written this.
        case expect(String)
        case type(String)

        fileprivate var words: String {
            switch self {
            case .until(let script): "until " + script
            case .expect(let text): "expect " + text
            case .type(let text):
                "type " + text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
        }
    }

    /// Runs a command on a terminal of its own, does some things there and waits for the command's end.
    ///
    /// - Returns: the command's exit code, 128 + N for an end by signal N, and what it wrote.
    func onTerminal(_ command: String, _ steps: TerminalStep...) async throws -> CommandResult {
        let words = steps.map(\.words.shellQuoted).joined(separator: " ")
        return try await run("python3 - \(command.shellQuoted) \(words) <<'END'\n\(Self.terminalDriver)\nEND")
    }

    private static let terminalDriver = """
        import os, pty, select, subprocess, sys, time
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp("sh", ["sh", "-c", "exec " + sys.argv[1]])
        written = b""
        def ended_while_reading(seconds):
            global written
            if select.select([terminal], [], [], seconds)[0]:
                try:
                    data = os.read(terminal, 4096)
                except OSError:
                    data = b""
                written += data
                return not data
            return False
        def until(reached):
            end = time.time() + 100
            while time.time() < end and not reached():
                if ended_while_reading(0.2):
                    break
        for step in sys.argv[2:]:
            word, rest = step.split(" ", 1)
            if word == "until":
                until(lambda: subprocess.call(["sh", "-c", rest], stdout=-3, stderr=-3) == 0)
            if word == "expect":
                until(lambda: rest.encode() in written)
            if word == "type":
                os.write(terminal, bytes.fromhex(rest))
        end = time.time() + 100
        while time.time() < end and not ended_while_reading(0.2):
            pass
        os.close(terminal)
        status = os.waitpid(pid, 0)[1]
        os.write(1, written)
        sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
        """
}
