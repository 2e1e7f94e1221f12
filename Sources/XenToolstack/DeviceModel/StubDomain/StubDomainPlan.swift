import DomainModel
import SystemPackage
import XenStore
import XenTypes

/// The Linux domain that runs the QEMU of an HVM guest, as a value (`docs/misc/stubdom.txt` in Xen).
struct StubDomainPlan: Sendable {
    let guest: DomainID
    let domain: DomainID
    /// What both domains are told of each other, once both are built.
    let nodes: [StoreNode]
    /// Carries the guest's monitor from the stub domain to the socket where toolstacks look for it.
    let proxy: ChildProcess.Plan
    let proxyLogName: String

    /// - Parameter stub: the built domain; `guest`: the domain whose device model it is to be.
    init(_ stub: DomainBuild, for guest: DomainBuild, _ paths: HostPaths) throws(ToolstackError) {
        domain = stub.domain
        self.guest = guest.domain
        nodes = try Self.nodes(stub, guest, paths)
        proxy = ChildProcess.Plan(
            Self.proxyProgram(paths),
            [
                "--state-path=\(Self.proxyStatePath(stub.domain))", "\(stub.domain)",
                "\(Self.devicePath(stub.domain, for: guest.domain) / "qmp-vchan")",
                DeviceModelPlan.monitorSocket(guest.domain, paths).string,
            ])
        proxyLogName = "qmp-proxy-\(stub.configuration.createInfo.name ?? "")"
    }

    static func proxyProgram(_ paths: HostPaths) -> FilePath { paths.libexec.appending("vchan-socket-proxy") }

    /// Where the proxy says that it runs.
    static func proxyStatePath(_ stub: DomainID) -> StorePath { DeviceModelPlan.storePath(stub) / "qmp-proxy-state" }

    static func proxyProcessPath(_ stub: DomainID) -> StorePath { DomainPaths(stub).guest / "image/qmp-proxy-pid" }

    /// Where the QEMU inside tells about itself.
    static func devicePath(_ stub: DomainID, for guest: DomainID) -> StorePath {
        DomainPaths(stub).guest / "device-model" / guest
    }

    // MARK: Configuration

    /// What the stub domain is made of: one vCPU, the guest's disks and cards, and a screen if the guest shows one.
    ///
    /// - Parameter guest: its configuration is complete.
    static func configuration(for guest: DomainBuild) -> DomainConfiguration {
        let info = guest.configuration.buildInfo
        var stub = DomainConfiguration()
        stub.createInfo.type = .pv
        stub.createInfo.name = "\(guest.configuration.createInfo.name ?? "")-dm"
        stub.createInfo.ssidRef = info.deviceModelSSIDRef
        stub.createInfo.runHotplugScripts = guest.configuration.createInfo.runHotplugScripts
        stub.buildInfo = buildInfo(info)
        stub.disks = guest.configuration.disks
        stub.nics = guest.configuration.nics.map { nic in
            var nic = nic
            nic.nicType = .vif
            nic.interfaceName = nic.interfaceName.map { "\($0)-emu" }
            return nic
        }
        if let hvm = info.hvm, [hvm.vnc.enable, hvm.spice.enable, hvm.sdl.enable].contains(true) {
            var screen = VFBDevice()
            (screen.deviceID, screen.vnc, screen.sdl, screen.keymap) = (0, hvm.vnc, hvm.sdl, hvm.keymap)
            var keyboard = VKBDevice()
            keyboard.deviceID = 0
            (stub.vfbs, stub.vkbs) = ([screen], [keyboard])
        }
        return stub
    }

    private static func buildInfo(_ guest: BuildInfo) -> BuildInfo {
        var info = BuildInfo()
        info.type = .pv
        info.maxVCPUs = 1
        info.shadowMemKB = 0
        info.maxMemKB = saturatingSum(guest.stubdomainMemKB ?? 0, guest.videoMemKB ?? 0)
        info.targetMemKB = info.maxMemKB
        info.maxGrantFrames = guest.maxGrantFrames
        info.maxMaptrackFrames = guest.maxMaptrackFrames
        info.maxGrantVersion = guest.maxGrantVersion
        info.deviceModelVersion = guest.deviceModelVersion
        info.deviceModel = guest.deviceModel
        (info.extra, info.extraPV, info.extraHVM) = (guest.extra, guest.extraPV, guest.extraHVM)
        info.kernel = guest.stubdomainKernel
        info.ramdisk = guest.stubdomainRamdisk
        info.commandLine = guest.stubdomainCommandLine
        return info
    }

    /// What plainly keeps a stub domain from starting, found before anything is made.
    static func problems(_ guest: BuildInfo, _ paths: HostPaths) -> [ToolstackError] {
        var problems = guest.stubdomainKernel.map { Preflight.kernelProblems(FilePath($0)) } ?? []
        if let ramdisk = guest.stubdomainRamdisk { problems += FileCheck(FilePath(ramdisk), "ramdisk").problems }
        return problems + FileCheck(proxyProgram(paths), "monitor proxy").problems
    }

    // MARK: Consoles

    /// Where the consoles go: the log, the state to save, the state to go on from, and the guest's serial lines
    /// (`STUBDOM_CONSOLE_*` in `libxl_internal.h`). nil leads nowhere.
    static func consoleOutputs(for guest: DomainBuild, log: FilePath, _ paths: HostPaths) -> [String?] {
        let hvm = guest.configuration.buildInfo.hvm
        let lines = hvm?.serial.map { [$0] } ?? hvm?.serialList ?? []
        return [
            "file:\(log)", "file:\(paths.lib.appending("qemu-save.\(guest.domain)"))",
            guest.deviceModelState.map { "pipe:\($0)" },
        ] + lines
    }

    // MARK: Nodes

    private static func nodes(
        _ stub: DomainBuild, _ guest: DomainBuild, _ paths: HostPaths
    ) throws(ToolstackError) -> [StoreNode] {
        var setup = QEMUSetup(domain: guest.domain, configuration: guest.configuration, paths: paths)
        setup.incoming = guest.deviceModelState == nil ? nil : 0
        let arguments = DomainPaths.vm(guest.uuid) / "image/dm-argv"
        let stubReads = StorePermissions.owned(by: .control, readableBy: stub.domain)
        var nodes = [StoreNode(arguments, nil, stubReads)]
        for (index, argument) in try QEMUOption.commandLine(setup).enumerated() {
            nodes.append(StoreNode(arguments / threeDigits(index + 1), argument))
        }
        nodes.append(StoreNode(guest.paths.guest / "image/device-model-domid", "\(stub.domain)"))
        nodes.append(StoreNode(stub.paths.guest / "target", "\(guest.domain)"))
        nodes += DeviceModelPlan.loaderNodes(setup)
        nodes.append(
            StoreNode(
                devicePath(stub.domain, for: guest.domain), nil,
                .owned(by: stub.domain, readableBy: guest.domain)))
        return nodes
    }

    private static func threeDigits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
