/// Why a guest says it has shut down (`SHUTDOWN_*` in `xen/sched.h`); other values can come from guests.
public struct ShutdownReason: RawRepresentable, Hashable, Sendable {
    /// The guest's code.
    public let rawValue: UInt8
    /// - Parameter rawValue: any code: those without a name, too.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It is done, and can be destroyed.
    public static let poweroff = ShutdownReason(rawValue: 0)
    /// It wants to be started again.
    public static let reboot = ShutdownReason(rawValue: 1)
    /// It has been saved, or waits for its resume.
    public static let suspend = ShutdownReason(rawValue: 2)
    /// Its kernel has given up.
    public static let crash = ShutdownReason(rawValue: 3)
    /// Its watchdog's time ran out.
    public static let watchdog = ShutdownReason(rawValue: 4)
    /// It wants its devices reset and its memory kept, to go on with another kernel.
    public static let softReset = ShutdownReason(rawValue: 5)

    /// libxl's word for it (`libxl_shutdown_reason` in `libxl_types.idl`): `unknown` for a code without one.
    public var name: String { Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "unknown" }

    private static let names = ["poweroff", "reboot", "suspend", "crash", "watchdog", "soft_reset"]
}
