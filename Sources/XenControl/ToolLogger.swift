import CXen
import CXenShim
import Logging

/// How far a long call of libxc has come.
package struct ToolProgress: Hashable, Sendable {
    /// What is being done, in libxc's words.
    package var task: String
    /// Nil when libxc does not know.
    package var percent: Int?
    package var done: UInt
    package var total: UInt
}

/// Passes the lines of libxc, libxenguest and their kin on to swift-log.
final class ToolLogger: Sendable {
    private final class Sink: Sendable {
        let logger: Logger
        let progress: (@Sendable (ToolProgress) -> Void)?

        init(_ logger: Logger, _ progress: (@Sendable (ToolProgress) -> Void)?) {
            self.logger = logger
            self.progress = progress
        }
    }

    private struct Raw: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private let sink: Sink
    private let raw: Raw?

    init(logger: Logger, progress: (@Sendable (ToolProgress) -> Void)?) {
        let sink = Sink(logger, progress)
        self.sink = sink
        let pointer = cxs_logger_create(
            { context, level, _, source, text in
                guard let context, let text else { return }
                let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                let source = source.map { String(cString: $0) } ?? "xen"
                sink.logger.log(level: ToolLogger.level(level), "\(source): \(String(cString: text))")
            },
            { context, _, task, percent, done, total in
                guard let context, let task else { return }
                let sink = Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
                sink.progress?(
                    ToolProgress(
                        task: String(cString: task), percent: percent < 0 ? nil : Int(percent), done: done,
                        total: total))
            }, Unmanaged.passUnretained(sink).toOpaque())
        raw = pointer.map { Raw(pointer: $0) }
        if let pointer { cxs_logger_set_minimum(pointer, Self.minimum(for: logger.logLevel)) }
    }

    deinit {
        if let raw { cxs_logger_destroy(raw.pointer) }
    }

    /// The logger for libxc; without memory for it, libxc uses its own on standard error.
    var pointer: UnsafeMutablePointer<xentoollog_logger>? {
        raw?.pointer.assumingMemoryBound(to: xentoollog_logger.self)
    }

    /// The levels of `xentoollog_level` in `xentoollog.h`. Errors are thrown with their text, so that their
    /// lines are only for those who look closely.
    static func level(_ level: Int32) -> Logger.Level {
        switch UInt32(bitPattern: level) {
        case XTL_NOTICE.rawValue: .notice
        case XTL_WARN.rawValue: .warning
        case XTL_CRITICAL.rawValue: .critical
        case XTL_INFO.rawValue, XTL_PROGRESS.rawValue: .info
        case XTL_DETAIL.rawValue, XTL_ERROR.rawValue: .debug
        default: .trace
        }
    }

    /// The lowest level of libxc whose lines a logger of this level keeps.
    static func minimum(for level: Logger.Level) -> Int32 {
        let lowest =
            switch level {
            case .trace: XTL_DEBUG
            case .debug: XTL_DETAIL
            case .info: XTL_PROGRESS
            case .notice: XTL_NOTICE
            case .warning: XTL_WARN
            case .error: XTL_ERROR
            case .critical: XTL_CRITICAL
            }
        return Int32(bitPattern: lowest.rawValue)
    }
}
