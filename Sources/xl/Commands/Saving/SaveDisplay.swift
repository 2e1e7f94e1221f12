import Synchronization
import XenToolstack
import XenTypes
import YajlJSON

/// Shows on standard error what a save does: upstream's line and a bar, or lines of JSON.
final class SaveDisplay: Sendable {
    private struct State {
        var bar: ProgressBar
        var percent = -1
    }

    private let file: String
    private let isJSON: Bool
    private let state: Mutex<State>

    init(file: String, isJSON: Bool, options: GlobalOptions) {
        self.file = file
        self.isJSON = isJSON
        state = Mutex(State(bar: ProgressBar(label: "Saving", options: options)))
    }

    func show(_ event: SaveEvent) {
        guard isJSON else { return showText(event) }
        if let fields = fields(event) { Progress.printLine(fields) }
    }

    /// Ends the bar's line.
    func finish() { state.withLock { $0.bar.finish() } }

    private func showText(_ event: SaveEvent) {
        switch event {
        case .started(let info):
            Output.say("Saving to \(file) new xl format (info \(info))")
        case .progress(let done, let total): state.withLock { $0.bar.update(done: done, total: total) }
        case .suspended, .complete: break
        }
    }

    /// - Returns: nil for an event that says nothing new.
    func fields(_ event: SaveEvent) -> [(name: String, value: JSONValue)]? {
        switch event {
        case .started: return [("event", .string("started")), ("file", .string(file))]
        case .suspended: return [("event", .string("suspended"))]
        case .complete: return nil
        case .progress(let done, let total):
            let percent = Progress.percent(done, of: total)
            let isNew = state.withLock { state in
                defer { state.percent = percent }
                return state.percent != percent
            }
            guard isNew else { return nil }
            return [
                ("event", .string("progress")), ("frames_done", .count(done)), ("frames_total", .count(total)),
            ]
        }
    }

    /// The answer of `xl save --json`.
    func document(_ summary: SaveSummary, domain: DomainID) -> JSONValue {
        .object([
            ("domid", .count(domain.rawValue)), ("file", .string(file)), ("bytes", .count(summary.bytes)),
            ("pages", .count(summary.pages)), ("seconds", .number(Progress.seconds(summary.duration))),
        ])
    }
}
