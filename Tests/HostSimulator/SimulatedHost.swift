import DomainConfig
import DomainModel
import Glibc
import Logging
import Synchronization
import SystemPackage
import XenControl
import XenStore
import XenToolstack
import XenTypes

/// A host in memory and in a directory of its own: hypervisor, xenstored, backends, programs and files, with a
/// toolstack that acts on it.
public final class SimulatedHost: Sendable {
    public let root: FilePath
    public let faults: Faults
    public let store: SimulatedStore
    public let hypervisor: SimulatedHypervisor
    public let backends: SimulatedBackends
    public let qemu: SimulatedQEMU
    public let sysfs: SimulatedSysfs
    public let toolstack: Toolstack
    public let log: LogLines
    let processes = ProcessList()

    /// - Parameters:
    ///   - release: of Xen, which hypervisor and xenstored are of.
    ///   - change: changes the limits of the toolstack's waits, all of which are 5 seconds.
    public init(
        release: XenRelease = XenRelease.supported.lowerBound, timeouts change: (inout Timeouts) -> Void = { _ in }
    ) throws {
        var name = Array("/tmp/xen-host-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Errno(rawValue: errno) }
        root = FilePath(platformString: name)
        faults = Faults()
        log = LogLines()
        hypervisor = SimulatedHypervisor(faults: faults, release: release)
        var paths = HostPaths(release: release)
        (paths.lib, paths.run, paths.log) = (root.appending("lib"), root.appending("run"), root.appending("log"))
        (paths.config, paths.lock) = (root.appending("etc"), root.appending("lock"))
        paths.sysfs = root.appending("sys")
        paths.hotplugLocks = root.appending("run/hotplug")
        paths.releases = root.appending("usr")
        (paths.qemu, paths.seabios) = (root.appending("qemu"), root.appending("boot/bios"))
        for directory in [
            paths.lib, paths.run, paths.log, paths.config, paths.scripts, root.appending("boot"), paths.releases,
            paths.libexec.removingLastComponent(), paths.libexec,
        ] {
            guard mkdir(directory.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        }
        sysfs = try SimulatedSysfs(root: paths.sysfs, faults: faults)
        store = try SimulatedStore(path: root.appending("xenstored"), faults: faults)
        store.start()
        backends = SimulatedBackends(store)
        SimulatedGuests.serve(store, hypervisor)
        let qemu = SimulatedQEMU(store, socketsIn: paths.run)
        self.qemu = qemu
        HostRegistry.add(
            root.string,
            HostRegistry.Entry(faults: faults, processes: processes) { [backends, store] name, process, arguments in
                if name == "qemu" { qemu.start(process, arguments) }
                if name.hasSuffix("/xen-9pfsd") { backends.startP9Daemon(store) }
            })
        hypervisor.observe { [store] event, domain in
            if event != .unpaused { store.tell("@releaseDomain", removing: event == .destroyed ? domain : nil) }
        }
        var logger = Logger(label: "simulated", factory: { [log] _ in log.handler })
        logger.logLevel = .debug
        var settings = ToolstackSettings()
        settings.timeouts = Self.timeouts(change)
        toolstack = Toolstack(
            hypervisor: try hypervisor.connect(), store: StoreConnection(path: store.path.string), paths: paths,
            logger: logger, sysfs: sysfs, settings: { [settings] in settings })
        store.access { store in
            store.limits.isKnown = release.answersForStoreLimits
            store.write("/tool/xenstored", "")
            store.write("/vm/00000000-0000-0000-0000-000000000000", "")
            store.write("/local/domain/0/name", "Domain-0")
            store.write("/local/domain/0/domid", "0")
            store.write("/local/pool/0/name", "Pool-0")
            for directory in ["/libxl", "/local/domain/0/device-model"] {
                store.write(directory, "")
            }
        }
    }

    deinit {
        store.close()
        HostRegistry.remove(root.string)
        processes.end()
        removeFiles()
    }

    private static func timeouts(_ change: (inout Timeouts) -> Void) -> Timeouts {
        var timeouts = Timeouts()
        let limit = Duration.seconds(5)
        timeouts.deviceInitialise = limit
        timeouts.deviceDestroy = limit
        timeouts.hotplugScript = limit
        timeouts.deviceModelStart = limit
        timeouts.deviceModelCommand = limit
        timeouts.deviceModelState = limit
        timeouts.domainEnd = limit
        timeouts.shutdownAcknowledgement = limit
        timeouts.guestSuspend = limit
        timeouts.bootloader = limit
        timeouts.consoleTerminal = limit
        change(&timeouts)
        return timeouts
    }

    /// Puts a file below the root.
    ///
    /// - Returns: its path.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws -> FilePath {
        let path = root.appending(name)
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
        try file.closeAfter { _ = try file.writeAll(bytes) }
        guard chmod(path.string, mode) == 0 else { throw Errno(rawValue: errno) }
        return path
    }

    /// Puts a program among those of the release.
    ///
    /// - Parameter script: without its first line.
    public func addProgram(_ name: String, _ script: String) throws {
        try write("usr/xen-\(toolstack.paths.release)/bin/\(name)", Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755)
    }

    /// Makes a directory below the root where it is missing.
    func makeDirectory(_ name: String) throws {
        guard mkdir(root.appending(name).string, 0o755) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    /// What an xl.cfg text describes.
    public func configuration(_ text: String) throws -> DomainConfiguration {
        let document = ConfigDocument(file: ConfigSource(name: "simulated.cfg", text: text), words: [])
        let environment = ConfigEnvironment(firmwareDirectory: root.appending("boot").string)
        let result = DomainConfigParser.parse(document, environment: environment)
        guard let configuration = result.configuration else {
            throw ToolstackError(.invalid, "cannot read \(text)", cause: "\(result.diagnostics)")
        }
        return configuration
    }

    /// A file that looks like a compressed kernel.
    public func kernel() throws -> FilePath {
        try write("boot/kernel", [0x1F, 0x8B] + Array(repeating: 0, count: 62))
    }
}

/// The lines that a toolstack has logged.
public final class LogLines: Sendable {
    private let state = Mutex<[String]>([])

    public var lines: [String] { state.withLock { $0 } }

    func clear() { state.withLock { $0 = [] } }

    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.state.withLock { $0.append("\(event.level): \(event.message)") } }
    }
}
