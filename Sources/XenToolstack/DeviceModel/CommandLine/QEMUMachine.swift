import DomainModel
import SystemPackage
import XenTypes

/// The machine itself: its kind, memory, processors, firmware's helpers, and what QEMU may do.
enum QEMUMachine {
    static func directBoot(_ setup: QEMUSetup) -> [String] {
        let rows = [
            ("-kernel", setup.info.kernel), ("-initrd", setup.info.ramdisk), ("-append", setup.info.commandLine),
        ]
        return rows.flatMap { option, value in value.map { [option, $0] } ?? [] }
    }

    /// QEMU's devices by the words of `soundhw`.
    private static let soundCards: [String: [String]] = [
        "ac97": ["ac97"], "adlib": ["adlib"], "cs4231a": ["cs4231a"], "es1370": ["es1370"], "gus": ["gus"],
        "hda": ["intel-hda", "hda-duplex"], "sb16": ["sb16"],
    ]

    static func sound(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let word = setup.hvm?.soundHardware else { return [] }
        guard let devices = soundCards[word.lowercased()] else {
            throw setup.refusal(
                "there is no sound card \"\(word)\"",
                remedy: "soundhw can be \(soundCards.keys.sorted().joined(separator: ", "))")
        }
        return devices.flatMap { ["-device", $0] }
    }

    static func processors(_ setup: QEMUSetup) -> [String] {
        let maximum = setup.info.maxVCPUs
        guard maximum > 1 else { return [] }
        let online = setup.info.availableVCPUs
        return ["-smp", online.isEmpty ? "\(maximum)" : "\(online.count),maxcpus=\(maximum)"]
    }

    /// Without rights over other domains, and without the host's files.
    static func restriction(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard setup.isRestricted else { return [] }
        let root = DeviceModelPlan.root(setup.domain, setup.paths).string
        return ["-xen-domid-restrict"]
            + (try option(
                setup, old: ("-chroot", .chroot), new: ("chroot", .runWithChroot), value: root,
                purpose: "be kept from the host's files"))
    }

    /// Whom QEMU becomes.
    static func user(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let user = setup.user?.argument else { return [] }
        return try option(
            setup, old: ("-runas", .runAs), new: ("user", .runWithUser), value: user, purpose: "give up root's rights")
    }

    /// What older releases of QEMU have as an option of its own and newer ones as a part of `-run-with`; what both have
    /// is given in the newer way.
    private static func option(
        _ setup: QEMUSetup, old: (name: String, feature: QEMUFeatures), new: (name: String, feature: QEMUFeatures),
        value: String, purpose: String
    ) throws(ToolstackError) -> [String] {
        if setup.features.contains(new.feature) { return ["-run-with", "\(new.name)=\(value.asOptionValue)"] }
        guard setup.features.contains(old.feature) else {
            throw setup.refusal(
                "\(DeviceModelPlan.program(setup.info, setup.paths)) cannot \(purpose): it has neither \(old.name) nor "
                    + "-run-with \(new.name)=",
                remedy: "install a QEMU that has, or remove dm_restrict and device_model_user")
        }
        return [old.name, value]
    }

    static func savedState(_ setup: QEMUSetup) -> [String] {
        guard let descriptor = setup.incoming else { return [] }
        // A stub domain's own start script knows the number.
        return ["-incoming", setup.isStubdomain ? "$STUBDOM_RESTORE_INCOMING_ARG" : "fd:\(descriptor)"]
    }

    static func machine(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let hvm = setup.hvm else { return ["-machine", "xenpv"] + setup.info.extraPV }
        // Only the machine "xenfv" has Xen's platform device.
        var machine = hvm.xenPlatformPCI == true ? "xenfv" : "pc,accel=xen"
        machine += ",suppress-vmdesc=on"
        if !setup.hasACPI, !setup.features.contains(.noACPI) { machine += ",acpi=off" }
        if let limit = lowMemoryLimit(hvm) { machine += ",max-ram-below-4g=\(limit)" }
        if hvm.gfxPassthru == true {
            guard hvm.gfxPassthruKind == .igd else {
                throw setup.refusal(
                    "gfx_passthru=1 is for Intel's own graphics at 00:02.0, and pci= does not have it",
                    remedy: "add it to pci=, or set gfx_passthru=\"igd\"")
            }
            machine += ",igd-passthru=on"
        }
        return ["-machine", machine] + setup.info.extraHVM
    }

    /// In bytes; nil where the hole below 4 GiB is not larger than it always is.
    private static func lowMemoryLimit(_ hvm: HVMBuildInfo) -> UInt64? {
        guard let hole = hvm.mmioHoleMemKB, hole > 0, hole <= GuestLayout.fourGiB >> 10 else { return nil }
        let limit = GuestLayout.fourGiB - hole << 10
        return limit > GuestLayout.hvmHoleStart ? nil : limit
    }

    /// The guest's memory without its video memory.
    static func memory(_ setup: QEMUSetup) -> [String] {
        let (memory, video) = (setup.info.maxMemKB ?? 0, setup.info.videoMemKB ?? 0)
        return ["-m", "\(megabytes(memory > video ? memory - video : 0))"]
    }

    /// Rounded up.
    static func megabytes(_ kib: UInt64) -> UInt64 { kib / 1024 + (kib % 1024 == 0 ? 0 : 1) }

    static func vendorDevice(_ setup: QEMUSetup) -> [String] {
        setup.hvm?.vendorDevice == .xenserver ? ["-device", "xen-pvdevice,device-id=0xc000"] : []
    }
}
