import DomainConfig
import Events
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

    package let hypervisor: Hypervisor
    package let store: StoreConnection
    /// Where the host keeps its files.
    public let paths: HostPaths
    /// Where operations tell what they do and what they pass over.
    public let logger: Logger
    let sysfs: any SysfsWriter
    private let settings: Recent<ToolstackSettings>

    /// - Parameter settings: is asked when something depends on it. Without it, `xl.conf` has no say.
    package init(
        hypervisor: Hypervisor, store: StoreConnection, paths: HostPaths,
        logger: Logger, sysfs: any SysfsWriter = LinuxSysfs(),
        settings: @escaping @Sendable () -> ToolstackSettings = { ToolstackSettings() }
    ) {
        self.hypervisor = hypervisor
        self.store = store
        self.paths = paths
        self.logger = logger
        self.sysfs = sysfs
        self.settings = Recent(settings)
    }

    /// How long it waits for others.
    public var timeouts: Timeouts { settings.value.timeouts }
    /// Asked when a disk or a card is connected or taken off.
    var runsStockScripts: Bool { settings.value.runsStockScripts }

    /// The host on which this runs. Nothing is opened before the first operation that needs it.
    ///
    /// - Parameters:
    ///   - logger: where operations tell what they do and what they pass over. The default one writes to standard error,
    ///     unless the program has set up swift-log.
    ///   - paths: where Xen's files are on it; nil for where Debian's packages put them.
    ///   - settings: is asked when something depends on it. Without it, `xl.conf` has no say.
    public convenience init(
        logger: Logger = Logger(label: "XenToolstack"), paths: HostPaths? = nil,
        settings: @escaping @Sendable () -> ToolstackSettings = { ToolstackSettings() }
    ) {
        self.init(
            hypervisor: Hypervisor(logger: logger), store: StoreConnection(), paths: paths ?? .ofRunningHypervisor(),
            logger: logger, settings: settings)
    }
}
