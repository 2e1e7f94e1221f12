private typealias GlobalPlace<Value> = Place<GlobalConfig, Value>

extension GlobalConfig {
    /// The keys of `xl.conf`; where two set the same thing, the later row wins.
    public static let keys = generalKeys + timeoutKeys

    private static let generalKeys: [ConfigKey] = [
        word(
            "autoballoon", \.autoballoon, ["on", "off", "auto", "1", "0"], "Take memory from dom0 for new guests",
            default: "auto"
        ) {
            $0 == "1" ? .on : $0 == "0" ? .off : Autoballoon(rawValue: $0)
        },
        ConfigKey(
            "run_hotplug_scripts", .boolean, "Run hotplug scripts from the toolstack instead of udev", default: "1",
            .ignored("the toolstack connects devices itself, by scripts where hotplug= says so")
        ) {
            if let flag = $2.boolean($0, $1) { $2.environment.global.runHotplugScripts = flag }
        },
        ConfigKey("lockfile", .text("PATH"), "Lock that keeps creations apart", default: "/var/lock/xl") {
            if let text = $2.text($0, $1) { $2.environment.global.lockFile = text }
        },
        text(
            "vifscript", \.vifScript, "PATH", "Default of script= in vif",
            .deprecated("write vif.default.script instead")),
        text("vif.default.script", \.vifScript, "PATH", "Default of script= in vif", default: "vif-bridge"),
        text(
            "defaultbridge", \.vifBridge, "BRIDGE", "Default of bridge= in vif",
            .deprecated("write vif.default.bridge instead")),
        text("vif.default.bridge", \.vifBridge, "BRIDGE", "Default of bridge= in vif", default: "xenbr0"),
        text(
            "vif.default.gatewaydev", \.vifGatewayDevice, "INTERFACE", "Default of gatewaydev= in vif", default: "eth0"),
        text("vif.default.backend", \.vifBackend, "DOMAIN", "Default of backend= in vif", default: "0"),
        word(
            "output_format", \.outputFormat, ["json", "sxp"], "Form of configurations that commands print",
            default: "json"
        ) {
            OutputFormat(rawValue: $0)
        },
        text(
            "blkdev_start", \.blockDeviceStart, "VDEV", "First virtual disk for images that a bootloader reads",
            default: "xvda"),
        ConfigKey("claim_mode", .boolean, "Claim a guest's memory before it is built", default: "1") {
            if let flag = $2.boolean($0, $1) { $2.environment.global.claimMode = flag }
        },
        text("remus.default.netbufscript", \.remusNetbufScript, "PATH", "Script for Remus's network buffers"),
        text(
            "colo.default.proxyscript", \.coloProxyScript, "PATH", "Script for COLO's proxy",
            .ignored("guests cannot be run in lockstep (COLO)")),
        ConfigKey("max_grant_frames", .integer(frames, unit: "frames"), "Default of a guest's max_grant_frames") {
            if let count = $2.integer($0, $1) { $2.environment.global.maxGrantFrames = UInt32(clamping: count) }
        },
        ConfigKey("max_maptrack_frames", .integer(frames, unit: "frames"), "Default of a guest's max_maptrack_frames") {
            if let count = $2.integer($0, $1) { $2.environment.global.maxMaptrackFrames = UInt32(clamping: count) }
        },
        ConfigKey("max_grant_version", .integer(frames, unit: nil), "Default of a guest's max_grant_version") {
            if let version = $2.integer($0, $1) { $2.environment.global.maxGrantVersion = Int32(clamping: version) }
        },
        cpus("vm.cpumask", \.vmCPUMask, "Processors that guests may use"),
        cpus("vm.hvm.cpumask", \.hvmCPUMask, "Processors that HVM and PVH guests may use"),
        cpus("vm.pv.cpumask", \.pvCPUMask, "Processors that PV guests may use"),
        word("domid_policy", \.domainIDPolicy, ["xen", "random"], "Who chooses domain numbers", default: "xen") {
            DomainIDPolicy(rawValue: $0)
        },
        ConfigKey(
            "bootloader_restrict", .boolean, "Default of a guest's bootloader_restrict",
            default: "1 for pygrub where the host has a user for it", since: "4.18"
        ) {
            if let flag = $2.boolean($0, $1) { $2.environment.global.bootloaderRestrict = flag }
        },
        ConfigKey(
            "strict", .boolean,
            "Refuse configurations of new guests in which something is wrong that upstream's xl passes over, as "
                + "xl create --strict does",
            default: "0"
        ) {
            if let flag = $2.boolean($0, $1) { $2.environment.global.isStrict = flag }
        },
        word(
            "hotplug", \.hotplug, ["native", "scripts"],
            "Connect disks and cards without the stock scripts, where they are as a package delivered them, or by scripts "
                + "always; upstream's xl takes no notice",
            default: "native"
        ) {
            Hotplug(rawValue: $0)
        },
        word(
            "on_device_model_exit", \.onDeviceModelExit, ["leave", "preserve", "destroy"],
            "What the monitor does with a guest whose QEMU has ended: nothing, pause it, or destroy it; upstream's xl "
                + "takes no notice",
            default: "leave"
        ) {
            DeviceModelLoss(rawValue: $0)
        },
    ]

    private static let frames: ClosedRange<Int64> = 0...Int64(Int32.max)

    private static func text(
        _ name: String, _ place: GlobalPlace<String?>, _ placeholder: String, _ summary: String,
        default defaultText: String? = nil, _ treatment: KeyTreatment = .supported
    ) -> ConfigKey {
        ConfigKey(name, .text(placeholder), summary, default: defaultText, treatment) {
            if let text = $2.text($0, $1) { $2.environment.global[keyPath: place] = text }
        }
    }

    private static func word<Value: Sendable>(
        _ name: String, _ place: GlobalPlace<Value>, _ words: [String], _ summary: String, default defaultText: String,
        read: @escaping @Sendable (String) -> Value?
    ) -> ConfigKey {
        ConfigKey(name, .choice(words), summary, default: defaultText) { value, key, draft in
            guard let text = draft.atom(value, key) else { return }
            guard let value = read(text.string) else { return draft.reportChoice(text, key) }
            draft.environment.global[keyPath: place] = value
        }
    }

    private static func cpus(_ name: String, _ place: GlobalPlace<String?>, _ summary: String) -> ConfigKey {
        ConfigKey(name, .text("CPU-LIST"), summary, default: "all") { value, key, draft in
            guard let text = draft.atom(value, key), draft.cpuList(text, key) != nil else { return }
            draft.environment.global[keyPath: place] = text.string
        }
    }
}
