import Glibc
import Logging

/// Log lines on stderr: `xl: warning: text`, with time and process number before it after `xl -T`.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let hasTimestamps: Bool
    /// That of the command that logs, also where one of its threads does.
    private let report = Output.report

    init(logLevel: Logger.Level, hasTimestamps: Bool) {
        self.logLevel = logLevel
        self.hasTimestamps = hasTimestamps
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Output.$report.withValue(report ?? Output.report) {
            Output.say("\(event.message)", level: "\(event.level)", stamp: hasTimestamps ? Self.stamp() : "")
        }
    }

    /// "2026-01-31 23:59:59 UTC [1234] ", upstream's form.
    private static func stamp() -> String {
        var now = time(nil)
        var fields = tm()
        localtime_r(&now, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S %Z", &fields)
        let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(text) [\(getpid())] "
    }
}
