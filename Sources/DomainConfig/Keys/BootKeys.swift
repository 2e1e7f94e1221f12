import DomainModel

/// What the guest boots from.
let bootKeys: [ConfigKey] = [
    .text("kernel", \.buildInfo.kernel, "PATH", "The guest's kernel"),
    .text("ramdisk", \.buildInfo.ramdisk, "PATH", "The kernel's initial RAM disk"),
    ConfigKey(
        "cmdline", .text("STRING"), "The kernel's command line",
        write: { $0.buildInfo.commandLine.map(WrittenValue.text) }),
    ConfigKey("root", .text("STRING"), "The root= of the kernel's command line"),
    ConfigKey("extra", .text("STRING"), "More words for the kernel's command line"),
    .text(
        "bootloader", \.buildInfo.bootloader, "PATH", "Program that finds the kernel in the guest's disk",
        for: [.pv, .pvh]),
    ConfigKey(
        "bootloader_args", .textOrList("ARGUMENT"), "Arguments for the bootloader", for: [.pv, .pvh],
        write: { .list(nonEmpty: $0.buildInfo.bootloaderArgs) }
    ) {
        value, key, draft in
        guard case .text(let text) = value else {
            guard let texts = draft.texts(value, key) else { return }
            draft.configuration.buildInfo.bootloaderArgs = texts.map(\.string)
            return
        }
        draft.sink.warning(
            .deprecated, "bootloader_args: a single text is the old form", at: text.range,
            expected: "a list of arguments", key: key.name)
        let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n")]
        draft.configuration.buildInfo.bootloaderArgs = text.bytes.split { blanks.contains($0) }.map {
            String(escapingBytes: $0)
        }
    },
    .flag(
        "bootloader_restrict", \.buildInfo.bootloaderRestrict, "Run the bootloader with few rights",
        default: "bootloader_restrict of xl.conf, else 1 for pygrub where the host has a user for it",
        for: [.pv, .pvh], since: "4.18"),
    .text(
        "bootloader_user", \.buildInfo.bootloaderUser, "USER", "The user that a restricted bootloader runs as",
        for: [.pv, .pvh], since: "4.18"),
    ConfigKey(
        "firmware", .choiceOrText(["ovmf", "seabios", "rombios", "uefi", "bios", "pvgrub32", "pvgrub64"], "PATH"),
        "Firmware to boot: pvgrub32 or pvgrub64 for PV and PVH, the others or a file for HVM",
        default: "bios for HVM, none for others"),
    ConfigKey(
        "pvshim", .boolean, "Run a PV guest in a PVH domain with Xen in between", default: "0", for: .pvh,
        readFor: .pvh,
        write: { $0.buildInfo.pvh?.pvShim.map(WrittenValue.flag) }
    ) {
        if let flag = $2.boolean($0, $1) { $2.configuration.buildInfo.pvh?.pvShim = flag }
    },
    shim("pvshim_path", \.pvShimPath, "PATH", "The shim's image", default: "xen-shim in the firmware directory"),
    shim("pvshim_cmdline", \.pvShimCommandLine, "STRING", "The shim's command line", default: "libxl's"),
    shim("pvshim_extra", \.pvShimExtra, "STRING", "More words for the shim's command line"),
    .flag("acpi", \.buildInfo.acpi, "Give the guest ACPI tables", default: "1", for: [.hvm, .pvh]),
]

private func shim(
    _ name: String, _ place: Place<PVHBuildInfo, String?>, _ placeholder: String, _ summary: String,
    default defaultText: String? = nil
) -> ConfigKey {
    ConfigKey(
        name, .text(placeholder), summary, default: defaultText, for: .pvh, readFor: .pvh,
        write: { $0.buildInfo.pvh?[keyPath: place].map(WrittenValue.text) }
    ) {
        if let text = $2.text($0, $1) { $2.configuration.buildInfo.pvh?[keyPath: place] = text }
    }
}
