import DomainConfig
import Glibc
import Synchronization

/// What the host's administrator says to the toolstack. `xl` makes it of `xl.conf`; other programs say what they like.
public struct ToolstackSettings: Sendable, Equatable {
    /// How long waits may take.
    public var timeouts: Timeouts
    /// Whether also those hotplug scripts are run that the toolstack can do without.
    public var runsStockScripts: Bool

    /// What `xl.conf` says, but for what the environment says to libxl, too: ``Timeouts/heed(environment:)``.
    public init(_ global: GlobalConfig = GlobalConfig()) {
        timeouts = global.timeouts
        timeouts.heed { getenv($0).map { String(cString: $0) } }
        runsStockScripts = global.hotplug == .scripts
    }
}

extension Timeouts {
    /// Heeds what the environment says as it does to libxl: `LIBXL_DOMID_REUSE_TIMEOUT`, in seconds.
    ///
    /// - Parameter variable: the value of a variable of the environment.
    public mutating func heed(environment variable: (String) -> String?) {
        guard let text = variable("LIBXL_DOMID_REUSE_TIMEOUT") else { return }
        // libxl's own conversion: decimal, 0x or octal, and 0 for what is no number.
        domainIDReuse = .seconds(UInt32(truncatingIfNeeded: strtol(text, nil, 0)))
    }
}

/// A value that is found out when it is asked for, and again when that is some time ago: a process that stays for days
/// heeds what has changed.
final class Recent<Value: Sendable>: Sendable {
    private static var lifetime: Duration { .seconds(2) }

    private let find: @Sendable () -> Value
    private let found = Mutex<(value: Value, instant: ContinuousClock.Instant)?>(nil)

    init(_ find: @escaping @Sendable () -> Value) { self.find = find }

    var value: Value {
        found.withLock { found in
            let now = ContinuousClock.now
            if let found, now - found.instant < Self.lifetime { return found.value }
            let value = find()
            found = (value, now)
            return value
        }
    }
}
