import Synchronization
import XenControl
import XenToolstack
import XenTypes
import YajlJSON

/// Shows on standard error what a migration does: upstream's lines and a bar, or lines of JSON.
final class MigrationDisplay: Sendable {
    private struct State {
        var bar: MigrationBar
        var round = PrecopyStatistics(iteration: 0, totalWritten: 0, dirtyCount: nil)
        var percent = -1
        var isRefused = false
        var isUndecided = false
    }

    private let isJSON: Bool
    private let state: Mutex<State>

    init(isJSON: Bool, options: GlobalOptions) {
        self.isJSON = isJSON
        state = Mutex(State(bar: MigrationBar(options: options)))
    }

    func show(_ event: MigrationEvent) {
        isJSON ? showLine(event) : showText(event)
    }

    /// Ends the bar's line.
    func finish() { state.withLock { $0.bar.finish() } }

    /// The command that led to the other side has ended.
    func show(end status: ChildProcess.ExitStatus?, of transport: MigrationTransport) {
        guard !isJSON, let status, !status.isSuccess else { return }
        let words =
            switch status {
            case .exited(let code): "exited with error status \(code)"
            case .killed(let signal): "died due to signal \(signal)"
            }
        say("migration transport process [\(transport.id)] \(words)")
    }

    func succeed(_ summary: MigrationSummary) {
        guard !isJSON else { return }
        say("Migration successful.")
        // Beside upstream's text, which programs read, only where the bar is, too.
        if state.withLock({ $0.bar.isShown }) { say(Self.line(summary)) }
    }

    static func line(_ summary: MigrationSummary) -> String {
        let seconds = Progress.oneDecimal(Progress.seconds(summary.duration))
        let stillness = Int((Progress.seconds(summary.downtime) * 1000).rounded())
        let rounds = "\(summary.iterations) \(summary.iterations == 1 ? "round" : "rounds")"
        return "\(summary.bytes >> 20) MiB in \(seconds) s and \(rounds); the guest stood still for \(stillness) ms."
    }

    /// Upstream's last words, before the error.
    func fail() {
        guard !isJSON else { return }
        let (isRefused, isUndecided) = state.withLock { ($0.isRefused, $0.isUndecided) }
        if isRefused { say("Migration failed due to problems at target.") }
        guard isUndecided else { return }
        say(
            """
            ** Migration failed during final handshake **
            Domain state is now undefined !
            Please CHECK AT BOTH ENDS for running instances, before renaming and
             resuming at most one instance.  Two simultaneous instances of the domain
             would probably result in SEVERE DATA LOSS and it is now your
             responsibility to avoid that.  Sorry.
            """)
    }

    private func say(_ text: String) {
        finish()
        Output.plainError(text)
    }

    private func showText(_ event: MigrationEvent) {
        switch event {
        case .started(let info): say("Saving to migration stream new xl format (info \(info))")
        case .round(let statistics): state.withLock { $0.bar.begin(statistics) }
        case .progress(let done, let total, let bytes):
            state.withLock { $0.bar.update(done: done, total: total, bytes: bytes) }
        case .suspended: break
        case .acknowledged: say("migration sender: Target has acknowledged transfer.")
        case .permitted: say("migration sender: Giving target permission to start.")
        case .startedThere: say("migration sender: Target reports successful startup.")
        case .refused(let code):
            state.withLock { $0.isRefused = true }
            say("migration sender: Target reports startup failure (status code \(code)).")
        case .notSent(let code):
            say("migration sender: libxl_domain_suspend failed (rc=\(code.rawValue))")
            say(
                code == .guestTimedOut
                    ? "Migration failed, failed to suspend at sender." : "Migration failed, resuming at sender.")
        case .resuming:
            let isRefused = state.withLock { $0.isRefused }
            say(isRefused ? "migration sender: Trying to resume at our end." : "Migration failed, resuming at sender.")
        case .resumed: if state.withLock({ $0.isRefused }) { say("migration sender: Resumed OK.") }
        case .unclear: say("migration sender: The connection broke; asking the target.")
        case .undecided: state.withLock { $0.isUndecided = true }
        }
    }

    private func showLine(_ event: MigrationEvent) {
        if let fields = fields(event) { Progress.printLine(fields) }
    }

    /// - Returns: nil for an event that says nothing new.
    func fields(_ event: MigrationEvent) -> [(name: String, value: JSONValue)]? {
        func named(_ name: String) -> (name: String, value: JSONValue) { ("event", .string(name)) }
        switch event {
        case .started: return [named("started")]
        case .round(let statistics):
            state.withLock { $0.round = statistics }
            guard let dirty = statistics.dirtyCount else { return nil }
            return [
                named("round"), ("iteration", .count(statistics.iteration)),
                ("pages_sent", .count(statistics.totalWritten)), ("pages_remaining", .count(dirty)),
            ]
        case .progress(let done, let total, let bytes):
            let percent = Progress.percent(done, of: total)
            let iteration: UInt32? = state.withLock { state in
                defer { state.percent = percent }
                return state.percent == percent ? nil : state.round.iteration
            }
            guard let iteration else { return nil }
            return [
                named("progress"), ("iteration", .count(iteration)), ("frames_done", .count(done)),
                ("frames_total", .count(total)), ("bytes", .count(bytes)),
            ]
        case .suspended: return [named("suspended")]
        case .acknowledged: return [named("acknowledged")]
        case .permitted: return [named("permitted")]
        case .startedThere: return [named("started-there")]
        case .refused(let code): return [named("refused"), ("code", .count(-Int(code)))]
        case .notSent(let code): return [named("not-sent"), ("code", .count(code.rawValue))]
        case .resuming: return [named("resuming")]
        case .resumed: return [named("resumed")]
        case .unclear: return [named("unclear")]
        case .undecided: return [named("undecided")]
        }
    }

    /// The answer of `xl migrate --json`.
    func document(_ summary: MigrationSummary, domain: DomainID, host: String) -> JSONValue {
        .object([
            ("domid", .count(domain.rawValue)), ("host", .string(host)), ("bytes", .count(summary.bytes)),
            ("pages", .count(summary.pages)), ("iterations", .count(summary.iterations)),
            ("seconds", .number(Progress.seconds(summary.duration))),
            ("downtime_seconds", .number(Progress.seconds(summary.downtime))),
        ])
    }
}
