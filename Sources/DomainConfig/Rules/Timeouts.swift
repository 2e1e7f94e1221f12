/// How long each wait of the toolstack for others may take. `timeout.…` in `xl.conf` changes them for `xl`.
///
/// The defaults are libxl's constants (`LIBXL_*_TIMEOUT` in `libxl_internal.h`), where it has one.
public struct Timeouts: Sendable, Equatable {
    /// A backend to reach InitWait after its nodes were written.
    public var deviceInitialise: Duration = .seconds(10)
    /// A backend to reach Closed after it was asked to.
    public var deviceDestroy: Duration = .seconds(10)
    /// One hotplug script.
    public var hotplugScript: Duration = .seconds(40)
    /// A hotplug script whose result nobody wants any more, before it is stopped; ``hotplugScript``, if that is less.
    public var hotplugGrace: Duration = .seconds(10)
    /// Others to finish what they change of the devices of a domain that is destroyed: a backend's start and its script.
    public var deviceChange: Duration = .seconds(50)
    /// The kernel to give a PCI device to a driver or to take it from one, or to reset it.
    public var deviceBinding: Duration = .seconds(60)
    /// QEMU to report that it runs.
    public var deviceModelStart: Duration = .seconds(60)
    /// The QEMU in a stub domain to report that it runs, from the domain's first instruction.
    public var stubDomainStart: Duration = .seconds(30)
    /// QEMU to answer one command, and others to let go of its monitor (`LIBXL_QMP_CMD_TIMEOUT`).
    public var deviceModelCommand: Duration = .seconds(10)
    /// QEMU to close a device of a guest that does not run (`LIBXL_QEMU_BODGE_TIMEOUT`).
    public var deviceModelRelease: Duration = .seconds(2)
    /// QEMU to end once it was told to, before it is killed.
    public var deviceModelEnd: Duration = .seconds(5)
    /// QEMU to write its devices' state when its guest is saved.
    public var deviceModelState: Duration = .seconds(60)
    /// The other side of a migration to make the domain's devices once all has arrived.
    public var migrationArrival: Duration = .seconds(300)
    /// The other side of a migration to let the domain run, or to answer that it cannot: longer than it may take to start
    /// the domain's monitor and to let its QEMU go on.
    public var migrationStart: Duration = .seconds(180)
    /// The other side of a migration, once it has answered that it cannot let the domain run, to destroy its copy.
    public var migrationReturn: Duration = .seconds(300)
    /// The other side of a migration to find out, after the connection broke, whether its copy of the domain runs.
    public var migrationDecision: Duration = .seconds(120)
    /// The other side of a migration to take more of a domain that stands still.
    public var migrationStall: Duration = .seconds(30)
    /// The sender of a domain that arrives to send more of it, or to let it run: longer than its guest may take to
    /// suspend itself. As long may the other side take nothing of a guest that runs.
    public var migrationSilence: Duration = .seconds(600)
    /// The other side of a migration to answer a question, with somebody who types a password.
    public var migrationAnswer: Duration = .seconds(120)
    /// Until the other side of a migration is asked again.
    public var migrationInquiryPause: Duration = .seconds(2)
    /// The checkpoint of a protected guest that is being sent when the end of its protection is wanted.
    public var checkpointEnd: Duration = .seconds(10)
    /// The process that watches over a domain to begin its watch.
    public var monitorStart: Duration = .seconds(30)
    /// QEMU to change a drive's medium (`LIBXL_HOTPLUG_TIMEOUT`).
    public var mediumChange: Duration = .seconds(40)
    /// A guest to open a drive that it has locked.
    public var trayOpen: Duration = .seconds(5)
    /// QEMU to carry out a command that the user typed.
    public var monitorCommand: Duration = .seconds(120)
    /// A paused domain whose QEMU has ended to go, when somebody destroys it.
    public var domainEnd: Duration = .seconds(10)
    /// A guest to acknowledge a request in control/shutdown.
    public var shutdownAcknowledgement: Duration = .seconds(60)
    /// A guest to suspend after it took the request.
    public var guestSuspend: Duration = .seconds(60)
    /// A restricted bootloader.
    public var bootloader: Duration = .seconds(120)
    /// xenconsoled or QEMU to publish a console's terminal.
    public var consoleTerminal: Duration = .seconds(10)
    /// dom0 to balloon down to a new target.
    public var balloon: Duration = .seconds(30)
    /// dom0 to give up virtual CPUs.
    public var vcpuUnplug: Duration = .seconds(10)
    /// xenstored to answer again, before what must be taken back or away is left.
    public var storeRecovery: Duration = .seconds(60)
    /// How long a destroyed domain's number stays unused (`LIBXL_DOMID_REUSE_TIMEOUT`).
    public var domainIDReuse: Duration = .seconds(60)

    public init() {}
}
