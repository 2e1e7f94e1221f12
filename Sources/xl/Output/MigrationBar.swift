import XenControl

/// One line of a terminal that shows how far a migration has come: the round, what is sent and left, how fast, and for
/// how long the guest would stand still if it were suspended now.
struct MigrationBar {
    private let isShown: Bool
    private let start = ContinuousClock.now
    private var round = PrecopyStatistics(iteration: 0, totalWritten: 0, dirtyCount: nil)
    private var last: ContinuousClock.Instant?

    /// How often it is drawn.
    private static let interval = Duration.milliseconds(100)

    init(options: GlobalOptions) { isShown = Progress.isShown(options) }

    mutating func begin(_ statistics: PrecopyStatistics) {
        if statistics.dirtyCount != nil { round = statistics }
    }

    /// - Parameters:
    ///   - done: frame numbers visited in this round.
    ///   - total: those that there are.
    ///   - bytes: sent since the beginning.
    mutating func update(done: UInt64, total: UInt64, bytes: UInt64) {
        let now = ContinuousClock.now
        guard isShown, done >= total || last.map({ now - $0 >= Self.interval }) ?? true else { return }
        last = now
        let text = Self.line(
            round: round, percent: Progress.percent(done, of: total), bytes: bytes,
            elapsed: Progress.seconds(now - start))
        Output.plainError("\r" + text, terminator: "")
    }

    /// Ends the line, if one was begun.
    mutating func finish() {
        if last != nil { Output.plainError("") }
        last = nil
    }

    /// - Parameter elapsed: seconds since the beginning.
    static func line(round: PrecopyStatistics, percent: Int, bytes: UInt64, elapsed: Double) -> String {
        let rate = elapsed > 0 ? Double(bytes) / elapsed : 0
        let left = round.dirtyCount ?? 0
        let rest = rate > 0 ? Double(left) * 4096 / rate : 0
        return "Round \(round.iteration + 1) \(Progress.bar(percent: percent, width: 20))  "
            + "sent \(bytes >> 20) MiB, \(left) pages left, \(Progress.oneDecimal(rate / 1_000_000)) MB/s, "
            + "downtime ~\(Progress.oneDecimal(rest)) s, \(Int(elapsed)) s "
    }
}
