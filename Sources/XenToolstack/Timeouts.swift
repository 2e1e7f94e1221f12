/// How long each wait of the toolstack may take, in one table.
///
/// The defaults are libxl's constants (`LIBXL_*_TIMEOUT` in `libxl_internal.h`).
public struct Timeouts: Sendable {
    /// A backend to reach InitWait after its nodes were written.
    public var deviceInitialise: Duration = .seconds(10)
    /// A backend to reach Closed after it was asked to.
    public var deviceDestroy: Duration = .seconds(10)
    /// One hotplug script.
    public var hotplugScript: Duration = .seconds(40)
    /// QEMU to report that it runs.
    public var deviceModelStart: Duration = .seconds(60)
    /// A guest to acknowledge a request in control/shutdown.
    public var shutdownAcknowledgement: Duration = .seconds(60)
    /// A restricted bootloader.
    public var bootloader: Duration = .seconds(120)
    /// xenconsoled or QEMU to publish a console's terminal.
    public var consoleTerminal: Duration = .seconds(10)
    /// dom0 to balloon down to a new target.
    public var balloon: Duration = .seconds(30)
    /// dom0 to give up virtual CPUs.
    public var vcpuUnplug: Duration = .seconds(10)
    /// How long a destroyed domain's number stays unused (`LIBXL_DOMID_REUSE_TIMEOUT`).
    public var domainIDReuse: Duration = .seconds(60)

    public init() {}
}
