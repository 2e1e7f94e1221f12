// Whoever uses the toolstack waits with it, too.
@_exported import Events
import Logging
import XenControl
import XenStore
import XenTypes

/// The host as operations see it: hypervisor, store, files, patience and log.
///
/// Opening it is the first thing that needs a hypervisor; parsing, dry runs and help never make one.
public final class Toolstack: Sendable {
    /// The version of this library and of its `xl`, which CHANGELOG.md tells about (semver.org).
    public static let version = "0.2.0"
    /// The releases of Xen that it serves.
    public static var releases: ClosedRange<XenRelease> { XenRelease.supported }

    public let hypervisor: Hypervisor
    public let store: StoreConnection
    public let paths: HostPaths
    public let timeouts: Timeouts
    public let logger: Logger
    let sysfs: any SysfsWriter
    /// Whether also those hotplug scripts are to be run that the toolstack can do without: asked when a disk or a card is
    /// connected or taken off.
    let runsStockScripts: @Sendable () -> Bool

    public init(
        hypervisor: Hypervisor, store: StoreConnection, paths: HostPaths,
        timeouts: Timeouts = Timeouts(environment: Timeouts.variable),
        logger: Logger, sysfs: any SysfsWriter = LinuxSysfs(),
        runsStockScripts: @escaping @Sendable () -> Bool = { false }
    ) {
        self.hypervisor = hypervisor
        self.store = store
        self.paths = paths
        self.timeouts = timeouts
        self.logger = logger
        self.sysfs = sysfs
        self.runsStockScripts = runsStockScripts
    }

    /// The host on which this runs.
    public convenience init(logger: Logger, runsStockScripts: @escaping @Sendable () -> Bool = { false }) {
        self.init(
            hypervisor: Hypervisor(logger: logger), store: StoreConnection(), paths: .ofRunningHypervisor(),
            logger: logger, runsStockScripts: runsStockScripts)
    }
}
