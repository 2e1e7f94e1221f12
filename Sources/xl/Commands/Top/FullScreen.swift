import Glibc
import Synchronization
import SystemPackage
import XenToolstack

/// The terminal while a program has all of it: keys come one by one, and nothing of what is shown stays.
///
/// Made and used on the process's first thread, before others start, for each thread blocks signals for itself.
final class FullScreen: Sendable {
    enum Event: Sendable {
        case keys([UInt8])
        /// The size may have changed, or the program goes on after it was stopped: all is to be drawn again.
        case redraw
        /// A signal asks for the end; nil when the terminal is gone.
        case end(CInt?)
    }

    private let attributes: termios
    private let signals: SignalDescriptor
    private let oldMask: sigset_t
    private static let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

    /// Takes the terminal.
    ///
    /// - Returns: nil when standard input and output are no terminal that can show text at a place.
    init?() {
        var attributes = termios()
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, Self.variable("TERM") != "dumb",
            tcgetattr(STDIN_FILENO, &attributes) == 0
        else { return nil }
        var set = sigset_t()
        sigemptyset(&set)
        for number in Self.numbers { sigaddset(&set, number) }
        guard let signals = SignalDescriptor(set) else { return nil }
        var old = sigset_t()
        pthread_sigmask(SIG_BLOCK, &set, &old)
        (self.attributes, self.signals, oldMask) = (attributes, signals, old)
        enter()
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether to show more than plain text (no-color.org).
    static var isColoured: Bool {
        (variable("NO_COLOR") ?? "").isEmpty && variable("TERM")?.isEmpty == false
    }

    private func enter() {
        var raw = attributes
        raw.c_lflag &= ~tcflag_t(ECHO | ICANON)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        // The other screen, without a cursor and without wrapping.
        write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
    }

    private func leave() {
        write("\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        var old = attributes
        tcsetattr(STDIN_FILENO, TCSADRAIN, &old)
    }

    /// Gives the terminal back as it was, and the signals their effect.
    func end() {
        leave()
        signals.close()
        var mask = oldMask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    private func write(_ text: String) {
        Output.print(bytes: Array(text.utf8))
        Output.flush()
    }

    /// Shows these rows. Each is written over what stands there, in one piece with the others, so that nothing flickers.
    func draw(_ rows: [String]) {
        let body = rows.enumerated().map { "\u{1B}[\($0 + 1);1H\($1)\u{1B}[K" }.joined()
        write("\u{1B}[?2026h" + body + "\u{1B}[J\u{1B}[?2026l")
    }

    var size: TopScreen.Size {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0
        else {
            return TopScreen.Size(rows: 24, columns: 80)
        }
        return TopScreen.Size(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }

    /// Waits for what happens next.
    ///
    /// - Returns: nil when nothing has happened until `end`.
    func next(until end: ContinuousClock.Instant) async -> Event? {
        let isReady: Bool? = try? await withDeadline(max(.zero, end - .now)) { [signals] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await waitUntilReadable(FileDescriptor(rawValue: STDIN_FILENO)) }
                group.addTask { try await waitUntilReadable(signals.descriptor) }
                try await group.next()
                group.cancelAll()
                return true
            }
        }
        guard isReady != nil else { return nil }
        if let number = signals.next() { return act(on: number) }
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 0) > 0 else { return .redraw }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        return count > 0 ? .keys(Array(bytes[..<count])) : .end(nil)
    }

    private func act(on number: CInt) -> Event {
        switch number {
        case SIGWINCH, SIGCONT: return .redraw
        case SIGTSTP:
            leave()
            // It stops here, and goes on here.
            kill(getpid(), SIGSTOP)
            enter()
            return .redraw
        default: return .end(number)
        }
    }
}
