/// Shows on standard error how far long work has come: a bar that stays on one line of a terminal. Where there is no
/// terminal nothing is shown, unless `xl -t` asks for it.
struct ProgressBar {
    private let label: String
    let isShown: Bool
    private var percent = -1

    init(label: String, options: GlobalOptions) {
        self.label = label
        isShown = Progress.isShown(options)
    }

    /// - Parameters:
    ///   - done: what is done, in any unit; no more than `total` is shown.
    ///   - total: what there is to do, in the same unit.
    mutating func update(done: UInt64, total: UInt64) {
        let percent = Progress.percent(done, of: total)
        guard isShown, percent != self.percent else { return }
        self.percent = percent
        Output.redraw(Self.line(label: label, percent: percent))
    }

    /// Ends the line, if one was begun.
    mutating func finish() {
        if percent >= 0 { Output.plainError("") }
        percent = -1
    }

    static func line(label: String, percent: Int) -> String {
        "\(label) \(Progress.bar(percent: percent, width: 40))"
    }
}
