import DomainConfig
import Glibc
import Synchronization

/// What the host's administrator says to the toolstack.
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

/// A value that is made when it is first asked for, once.
final class OnDemand<Value: Sendable>: Sendable {
    private let make: @Sendable () -> Value
    private let made = Mutex<Value?>(nil)

    init(_ make: @escaping @Sendable () -> Value) { self.make = make }

    var value: Value {
        made.withLock { made in
            if let made { return made }
            let value = make()
            made = value
            return value
        }
    }
}
