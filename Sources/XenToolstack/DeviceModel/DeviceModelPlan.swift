import DomainModel
import SystemPackage
import XenStore
import XenTypes

/// The QEMU process of a PV or PVH guest, as a value: it serves the backends that Linux has none for.
public struct DeviceModelPlan: Sendable, Hashable {
    public let domain: DomainID
    public let program: FilePath
    /// Without the program itself.
    public let arguments: [String]
    /// Added to the environment of the toolstack.
    public let environment: [String: String]
    /// Name of the log file without directory and extension.
    public let logName: String

    /// Where QEMU tells the toolstack about itself.
    public static func storePath(_ domain: DomainID) -> StorePath {
        DomainPaths(.control).guest / "device-model" / domain
    }

    /// Where its process number is kept; the guest can but read it.
    static func processPath(_ domain: DomainID) -> StorePath { DomainPaths(domain).guest / "image/device-model-pid" }

    /// Whether a device of the configuration is served by QEMU in this domain.
    ///
    /// - Parameter configuration: its devices have been completed.
    public static func needed(by configuration: DomainConfiguration) -> Bool {
        guard configuration.createInfo.type != .hvm else { return true }
        return DeviceClasses.all.contains { isNeeded($0, configuration) }
    }

    private static func isNeeded<Class: DeviceClass>(_: Class.Type, _ configuration: DomainConfiguration) -> Bool {
        configuration[keyPath: Class.devices].contains { Class.needsDeviceModel($0) }
    }

    /// - Throws: `notSupported` for guests and settings that this cannot start QEMU for.
    public init(_ build: DomainBuild, _ paths: HostPaths) throws(ToolstackError) {
        let configuration = build.configuration
        let settings = configuration.buildInfo
        guard configuration.createInfo.type != .hvm else {
            throw ToolstackError(
                .notSupported, "cannot start the device model of an HVM guest", domain: build.domain,
                remedy: "use type=\"pv\" or type=\"pvh\"")
        }
        guard settings.dmRestrict != true else {
            throw ToolstackError(
                .notSupported, "cannot restrict the device model of a PV or PVH guest", domain: build.domain,
                remedy: "remove dm_restrict")
        }
        domain = build.domain
        program = settings.deviceModel.map { FilePath($0) } ?? paths.qemu
        let name = configuration.createInfo.name ?? ""
        logName = "qemu-dm-\(name)"
        environment = Self.environment(for: configuration.vfbs.first)
        arguments = try Self.arguments(name: name, build, paths)
    }

    /// QEMU may write this many bytes to its log (XSA-180).
    static let consoleLimit = (name: "XEN_QEMU_CONSOLE_LIMIT", value: "1048576")

    private static func environment(for vfb: VFBDevice?) -> [String: String] {
        var environment = [consoleLimit.name: consoleLimit.value]
        guard let sdl = vfb?.sdl, sdl.enable == true else { return environment }
        environment["DISPLAY"] = sdl.display
        environment["XAUTHORITY"] = sdl.xauthority
        return environment
    }

    /// The monitor that the toolstack talks to.
    static func monitorSocket(_ domain: DomainID, _ paths: HostPaths) -> FilePath {
        paths.run.appending("qmp-libxl-\(domain)")
    }

    /// The monitor of libxenstat, which xentop uses.
    static func statisticsSocket(_ domain: DomainID, _ paths: HostPaths) -> FilePath {
        paths.run.appending("qmp-libxenstat-\(domain)")
    }

    private static func arguments(
        name: String, _ build: DomainBuild, _ paths: HostPaths
    ) throws(ToolstackError) -> [String] {
        let configuration = build.configuration
        let settings = configuration.buildInfo
        var arguments = ["-xen-domid", "\(build.domain)", "-no-shutdown"]
        let sockets = [
            ("libxl-cmd", monitorSocket(build.domain, paths)),
            ("libxenstat-cmd", statisticsSocket(build.domain, paths)),
        ]
        for (id, path) in sockets {
            arguments += [
                "-chardev", "socket,id=\(id),path=\(path),server=on,wait=off",
                "-mon", "chardev=\(id),mode=control",
            ]
        }
        for (index, channel) in configuration.channels.enumerated() where channel.backendDomainID == .control {
            arguments += ["-chardev", characterDevice(channel, index: index)]
        }
        arguments += ["-nodefaults", "-no-user-config", "-xen-attach", "-name", name]
        arguments += try display(configuration.vfbs.first, domain: build.domain)
        arguments += settings.extra
        arguments += ["-machine", "xenpv"] + settings.extraPV
        arguments += ["-m", "\(megabytes(settings))"]
        return arguments
    }

    /// QEMU's own options are separated by commas; one in a value is written twice.
    private static func escaped(_ value: String) -> String {
        value.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }

    private static func characterDevice(_ channel: ChannelDevice, index: Int) -> String {
        let id = ChannelClass.characterDevice(index: index)
        guard case .socket(let path) = channel.connection else { return "pty,id=\(id)" }
        return "socket,id=\(id),path=\(escaped(path ?? "")),server=on,wait=off"
    }

    private static func display(_ vfb: VFBDevice?, domain: DomainID) throws(ToolstackError) -> [String] {
        let vnc = vfb.map(\.vnc).flatMap { $0.enable == true ? $0 : nil }
        let isShownBySDL = vfb?.sdl.enable == true
        var arguments = ["-vnc", "none"]
        if let vnc { arguments[1] = try vncOption(vnc, domain) }
        arguments += ["-display", "none"]
        if isShownBySDL { arguments += ["-display", "sdl"] }
        if let keymap = vfb?.keymap { arguments += ["-k", keymap] }
        if vnc == nil, !isShownBySDL { arguments.append("-nographic") }
        return arguments
    }

    private static func vncOption(_ vnc: VNCInfo, _ domain: DomainID) throws(ToolstackError) -> String {
        let listen = vnc.listen ?? "127.0.0.1"
        let isComplete = listen.contains(":")
        guard !isComplete || vnc.display == 0 else {
            throw ToolstackError(
                .invalid, "cannot start the device model: vnclisten=\(listen) names a display, and so does vncdisplay",
                domain: domain, remedy: "remove one of them")
        }
        var option = isComplete ? listen : "\(listen):\(vnc.display)"
        if vnc.password?.isEmpty == false { option += ",password=on" }
        // How many displays QEMU may try; it must be the last option.
        if vnc.findUnused == true { option += ",to=99" }
        return option
    }

    /// The guest's memory without its video memory.
    private static func megabytes(_ settings: BuildInfo) -> UInt64 {
        let memory = settings.maxMemKB ?? 0
        let video = settings.videoMemKB ?? 0
        return memory > video ? (memory - video - 1) / 1024 + 1 : 0
    }
}
