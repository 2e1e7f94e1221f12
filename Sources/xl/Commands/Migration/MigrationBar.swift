import XenControl

/// One line of a terminal that shows how far a migration has come: the round, what is sent and left, how fast, and for
/// how long the guest would stand still if it were suspended now.
struct MigrationBar {
    let isShown: Bool
    private let start = ContinuousClock.now
    private var round = PrecopyStatistics(iteration: 0, totalWritten: 0, dirtyCount: nil)
    /// Sent since the beginning, now and when the round began.
    private var (sent, sentBefore): (UInt64, UInt64) = (0, 0)
    private var last: ContinuousClock.Instant?

    /// How often it is drawn.
    private static let interval = Duration.milliseconds(100)

    init(options: GlobalOptions) { isShown = Progress.isShown(options) }

    mutating func begin(_ statistics: PrecopyStatistics) {
        guard statistics.dirtyCount != nil else { return }
        round = statistics
        sentBefore = sent
    }

    /// - Parameters:
    ///   - done: frame numbers visited in this round.
    ///   - total: those that there are.
    ///   - bytes: sent since the beginning.
    mutating func update(done: UInt64, total: UInt64, bytes: UInt64) {
        sent = bytes
        let now = ContinuousClock.now
        guard isShown, done >= total || last.map({ now - $0 >= Self.interval }) ?? true else { return }
        last = now
        let text = Self.line(
            round: round, percent: Progress.percent(done, of: total), bytes: bytes,
            bytesOfRound: bytes - min(sentBefore, bytes), elapsed: Progress.seconds(now - start))
        Output.redraw(text)
    }

    /// Ends the line, if one was begun.
    mutating func finish() {
        if last != nil { Output.plainError("") }
        last = nil
    }

    /// Less says nothing about a rate: it is in a pipe.
    private static let leastBytes: UInt64 = 4 << 20

    /// - Parameters:
    ///   - percent: of the frame numbers, which may have gone through a large hole or be about to.
    ///   - elapsed: seconds since the beginning.
    static func line(
        round: PrecopyStatistics, percent: Int, bytes: UInt64, bytesOfRound: UInt64, elapsed: Double
    ) -> String {
        let rate = elapsed > 0 ? Double(bytes) / elapsed : 0
        let dirty = round.dirtyCount ?? 0
        let left = dirty - min(bytesOfRound / 4096, dirty)
        let percent = max(percent, Progress.percent(dirty - left, of: max(dirty, 1)))
        let rest = bytes >= leastBytes && rate > 0 ? Progress.oneDecimal(Double(left) * 4096 / rate) : "?"
        return "Round \(round.iteration + 1) \(Progress.bar(percent: percent, width: 20))  "
            + "sent \(bytes >> 20) MiB, \(left) pages left, \(Progress.oneDecimal(rate / 1_000_000)) MB/s, "
            + "downtime ~\(rest) s, \(Int(elapsed)) s "
    }
}
