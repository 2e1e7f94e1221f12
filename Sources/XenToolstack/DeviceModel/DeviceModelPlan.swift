import DomainModel
import SystemPackage
import XenStore
import XenTypes

/// The QEMU process of a guest, as a value: an HVM guest's machine, or what serves those backends of a PV or PVH guest
/// that Linux has none for.
package struct DeviceModelPlan: Sendable, Hashable {
    package let domain: DomainID
    package let program: FilePath
    /// Without the program itself.
    package let arguments: [String]
    /// Added to the environment of the toolstack.
    package let environment: [String: String]
    /// Name of the log file without directory and extension.
    package let logName: String
    /// What the store says before QEMU runs.
    package let nodes: [StoreNode]
    /// Whether QEMU gets few rights (`dm_restrict`).
    package let isRestricted: Bool
    /// Where QEMU's state is that it goes on from; nil for a guest that starts anew.
    package let savedState: FilePath?
    /// What of the configuration has not the effect that a user may expect.
    package let warnings: [String]

    /// Where QEMU tells the toolstack about itself.
    package static func storePath(_ domain: DomainID) -> StorePath {
        DomainPaths(.control).guest / "device-model" / domain
    }

    /// Where its process number is kept; the guest can but read it.
    static func processPath(_ domain: DomainID) -> StorePath { DomainPaths(domain).guest / "image/device-model-pid" }

    /// Where the number of the user is kept whose every process ends with the device model.
    static func userPath(_ domain: DomainID) -> StorePath { DomainPaths(domain).guest / "image/device-model-kill-uid" }

    /// The monitor that the toolstack talks to.
    static func monitorSocket(_ domain: DomainID, _ paths: HostPaths) -> FilePath {
        paths.run.appending("qmp-libxl-\(domain)")
    }

    /// The monitor of libxenstat, which xentop uses.
    static func statisticsSocket(_ domain: DomainID, _ paths: HostPaths) -> FilePath {
        paths.run.appending("qmp-libxenstat-\(domain)")
    }

    /// The empty directory that a restricted device model takes for the whole file system.
    static func root(_ domain: DomainID, _ paths: HostPaths) -> FilePath {
        paths.run.appending("qemu-root-\(domain)")
    }

    /// The number that the restricted device model's monitor has in it. A saved state has the next free one.
    static let monitorDescriptor = 3
    /// How many bytes of output (XSA-180) a QEMU writes to its log that knows this variable, which only Xen's own branch
    /// up to 4.17 does: the log of any other has no limit unless it is restricted.
    static let consoleLimit = (name: "XEN_QEMU_CONSOLE_LIMIT", value: "1048576")

    /// Whether a device of the configuration is served by QEMU in this domain.
    ///
    /// - Parameter configuration: its devices have been completed.
    package static func needed(by configuration: DomainConfiguration) -> Bool {
        guard configuration.createInfo.type != .hvm else { return !runsInStubDomain(configuration) }
        return DeviceClasses.all.contains { isNeeded($0, configuration) }
    }

    static func needed(by build: DomainBuild) -> Bool {
        // xenconsoled serves the first console only.
        !build.consoleOutputs.isEmpty || needed(by: build.configuration)
    }

    /// Whether QEMU runs in a domain of its own.
    static func runsInStubDomain(_ configuration: DomainConfiguration) -> Bool {
        configuration.createInfo.type == .hvm && configuration.buildInfo.deviceModelStubdomain == true
    }

    private static func isNeeded<Class: DeviceClass>(_: Class.Type, _ configuration: DomainConfiguration) -> Bool {
        configuration[keyPath: Class.devices].contains { Class.needsDeviceModel($0) }
    }

    /// - Parameter scriptedDisks: where scripts put the disks that they made, by the disks' numbers.
    /// - Throws: `invalid` for settings that do not go together, `notSupported` for what this cannot start QEMU for.
    package init(
        _ build: DomainBuild, _ paths: HostPaths, scriptedDisks: [Int32: String] = [:]
    ) throws(ToolstackError) {
        try self.init(build, paths, scriptedDisks: scriptedDisks, users: .system)
    }

    init(
        _ build: DomainBuild, _ paths: HostPaths, scriptedDisks: [Int32: String] = [:], users: UserDirectory
    ) throws(ToolstackError) {
        var setup = QEMUSetup(
            domain: build.domain, configuration: build.configuration, paths: paths, scriptedDisks: scriptedDisks)
        setup.features = build.deviceModelFeatures
        let isHVM = setup.hvm != nil
        try Self.refuseUnsupported(setup)
        if build.deviceModelState != nil {
            setup.incoming = Self.monitorDescriptor + (setup.isRestricted ? 1 : 0)
        }
        if isHVM {
            setup.user = try DeviceModelUser.choose(setup.info, domain: build.domain, directory: users)
        }
        domain = build.domain
        program = Self.program(setup.info, paths)
        logName = "qemu-dm-\(setup.configuration.createInfo.name ?? "")"
        environment = Self.environment(setup)
        arguments = try QEMUOption.commandLine(setup)
        nodes = Self.nodes(setup)
        isRestricted = setup.isRestricted
        savedState = build.deviceModelState
        var warnings = QEMUDisks.warnings(setup)
        if let warning = setup.user?.warning(setup.info) { warnings.append(warning) }
        if !isHVM, setup.info.deviceModelUser != nil {
            warnings.append("device_model_user has no effect: backends of \(build.type) guests need root's rights")
        }
        self.warnings = warnings
    }

    static func program(_ info: BuildInfo, _ paths: HostPaths) -> FilePath {
        info.deviceModel.map { FilePath($0) } ?? paths.qemu
    }

    static func refuseUnsupported(_ setup: QEMUSetup) throws(ToolstackError) {
        func refusal(_ cause: String, _ remedy: String) -> ToolstackError {
            ToolstackError(
                .notSupported, "cannot start the device model", domain: setup.domain.isReal ? setup.domain : nil,
                cause: cause, remedy: remedy)
        }
        guard setup.hvm != nil else {
            guard !setup.isRestricted else {
                throw refusal("that of a PV or PVH guest cannot be restricted", "remove dm_restrict")
            }
            return
        }
        guard setup.info.deviceModelVersion != .qemuXenTraditional else {
            throw refusal("there is no qemu-xen-traditional any more", "set device_model_version=\"qemu-xen\"")
        }
        guard !(setup.isRestricted && setup.isStubdomain) else {
            throw refusal("one in a domain of its own cannot be restricted as well", "remove dm_restrict")
        }
    }

    private static func environment(_ setup: QEMUSetup) -> [String: String] {
        var environment: [String: String] = [:]
        if !setup.paths.release.hasNoQEMUThatLimitsItself { environment[consoleLimit.name] = consoleLimit.value }
        if setup.hvm != nil { environment["XEN_DOMAIN_ID"] = "\(setup.domain)" }
        if let sdl = setup.sdl {
            environment["DISPLAY"] = sdl.display
            environment["XAUTHORITY"] = sdl.xauthority
        }
        return environment
    }

    /// What hvmloader learns of the device model.
    static func loaderNodes(_ setup: QEMUSetup) -> [StoreNode] {
        guard let hvm = setup.hvm else { return [] }
        let loader = DomainPaths(setup.domain).guest / "hvmloader"
        return [
            StoreNode(loader / "bios", hvm.bios.name),
            // Only the old QEMU learnt of memory that firmware moved.
            StoreNode(loader / "allow-memory-relocate", "0"),
        ]
    }

    /// In the order in which they are written.
    private static func nodes(_ setup: QEMUSetup) -> [StoreNode] {
        var nodes = loaderNodes(setup)
        nodes.append(StoreNode(storePath(setup.domain), nil))
        if let id = setup.user?.exclusiveID { nodes.append(StoreNode(userPath(setup.domain), "\(id)")) }
        return nodes
    }
}
