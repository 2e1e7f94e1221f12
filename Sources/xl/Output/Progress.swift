import Glibc
import YajlJSON

/// What the displays of long work have in common.
enum Progress {
    /// Whether what stays on one line is drawn: on a terminal, or where `xl -t` asks for it.
    static func isShown(_ options: GlobalOptions) -> Bool {
        guard Output.report == nil else { return false }
        return options.forcesCarriageReturns || isatty(STDERR_FILENO) == 1
    }

    /// From 0 to 100; no more than `total` counts, and nothing of nothing is all.
    static func percent(_ done: UInt64, of total: UInt64) -> Int {
        total == 0 ? 100 : Int(Double(min(done, total)) / Double(total) * 100)
    }

    /// - Parameter width: in characters, without the brackets and the number.
    static func bar(percent: Int, width: Int) -> String {
        let filled = width * min(max(percent, 0), 100) / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "[\(bar)] \("\(percent)".rightAligned(to: 3))%"
    }

    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    static func oneDecimal(_ value: Double) -> String {
        let tenths = Int((min(max(value, 0), 1e12) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A line of JSON on standard error.
    static func printLine(_ fields: [(name: String, value: JSONValue)]) {
        Output.line(json: .object(fields))
    }
}
