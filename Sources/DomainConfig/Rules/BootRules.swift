import DomainModel

extension DomainDraft {
    /// Kernel, command line and firmware.
    mutating func readBoot() {
        readCommandLine()
        if guest == .hvm { readHVMFirmware() } else { readGuestFirmware() }
    }

    private mutating func readCommandLine() {
        let root = text("root")
        let extra = text("extra")
        if let commandLine = text("cmdline") {
            configuration.buildInfo.commandLine = commandLine
            for name in ["root", "extra"] {
                guard let entry = settings[name] else { continue }
                sink.warning(
                    .ignored, "\(name) is ignored: cmdline is the whole command line", at: entry.nameRange, key: name)
            }
        } else if root != nil || extra != nil {
            configuration.buildInfo.commandLine = [root.map { "root=\($0)" }, extra].compactMap { $0 }.joined(
                separator: " ")
        }
    }

    private mutating func readHVMFirmware() {
        if let entry = settings["kernel"], configuration.buildInfo.kernel?.split(separator: "/").last == "hvmloader" {
            sink.warning(
                .ignored, "kernel is ignored: hvmloader is not a guest's kernel", at: entry.value.range,
                expected: "firmware_override= for another firmware loader", key: "kernel")
            configuration.buildInfo.kernel = nil
        }
        if configuration.buildInfo.hvm?.systemFirmware != nil, settings["bios"] == nil,
            let entry = settings["bios_path_override"]
        {
            sink.warning(
                .conflict, "bios_path_override without bios: which kind of BIOS it is stays open", at: entry.nameRange,
                expected: "bios=", key: "bios_path_override")
        }
        guard let (value, key) = setting("firmware"), let text = atom(value, key) else { return }
        if let bios = BIOSType(name: text.string) {
            configuration.buildInfo.hvm?.bios = bios
        } else if let word = beginning(of: ["uefi", "bios"], text, key) {
            if word == "uefi" { configuration.buildInfo.hvm?.bios = .ovmf }
        } else {
            configuration.buildInfo.hvm?.firmware = text.string
        }
    }

    /// PV and PVH: `firmware=` names a boot loader that stands in for the kernel.
    private mutating func readGuestFirmware() {
        let names = ["pvgrub32", "pvgrub64"]
        if let (value, key) = setting("firmware"), let text = atom(value, key) {
            if configuration.buildInfo.kernel != nil {
                sink.error(
                    .conflict, "both kernel and firmware are given", at: text.range, expected: "one of them",
                    key: key.name)
            } else if beginning(of: names, text, key) != nil {
                configuration.buildInfo.kernel = "\(environment.firmwareDirectory)/\(text.string).bin"
            } else {
                sink.error(
                    .invalidValue, "firmware: unknown value \"\(text.string)\"", at: text.range,
                    expected: "\"pvgrub32\" or \"pvgrub64\"",
                    suggestion: Suggestion.nearest(to: text.string, among: names), key: key.name)
            }
        }
        let build = configuration.buildInfo
        // A value that is ignored is none.
        let isGiven = build.kernel != nil || build.bootloader != nil || settings["firmware"] != nil
        if !isGiven, isComplete, isTypeKnown {
            sink.error(
                .missingKey, "the configuration has neither a kernel nor a bootloader",
                expected: "kernel=, bootloader= or firmware=", key: "kernel")
        }
    }
}
