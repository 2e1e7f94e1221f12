import DomainModel
import XenTypes

/// The platform that an HVM guest sees.
let hvmKeys: [ConfigKey] = [
    .hvmText("firmware_override", \.firmware, "PATH", "A firmware loader in place of hvmloader"),
    .hvmText("bios_path_override", \.systemFirmware, "PATH", "A BIOS image in place of the one that bios names"),
    .hvmChoice("bios", \.bios, "The BIOS", default: "seabios"),
    .hvmFlag("pae", \.pae, "Physical address extension", default: "1"),
    .hvmFlag("acpi_s3", \.acpiS3, "Let the guest sleep (ACPI S3)", default: "1"),
    .hvmFlag("acpi_s4", \.acpiS4, "Let the guest hibernate (ACPI S4)", default: "1"),
    .hvmFlag("acpi_laptop_slate", \.acpiLaptopSlate, "Show the guest a laptop or slate switch", default: "0"),
    .hvmFlag("nx", \.nx, "No-execute bit", default: "1"),
    .hvmFlag("hpet", \.hpet, "High-precision event timer", default: "1"),
    .hvmFlag("vpt_align", \.vptAlign, "Align the guest's timers to save wake-ups", default: "1"),
    ConfigKey(
        "apic", .boolean, "Advanced interrupt controller", default: "1", for: .hvm, readFor: .hvm,
        write: { $0.buildInfo.apic.map(WrittenValue.flag) }
    ) {
        if let flag = $2.boolean($0, $1) { $2.configuration.buildInfo.apic = flag }
    },
    .hvmFlag(
        "hvm_pirq", \.pirq, "Let the guest receive its devices' interrupts as events",
        default: "1 up to Xen 4.18 and for guests that come from there, else 0", since: "4.19"),
    ConfigKey(
        "viridian", .booleanOrList(["all", "defaults"] + ViridianEnlightenment.choices),
        "Interfaces of Microsoft's hypervisor for Windows guests; ! before a name removes it", default: "0", for: .hvm,
        readFor: .hvm, write: writeViridian, store: storeViridian),
    ConfigKey(
        "mmio_hole", .integer(256...3840, unit: "MiB"), "Address space for devices below 4 GiB", default: "256",
        for: .hvm, readFor: .hvm,
        write: { $0.buildInfo.hvm?.mmioHoleMemKB.map(WrittenValue.mebibytes) }
    ) {
        if let size = $2.kibibytes($0, $1) { $2.configuration.buildInfo.hvm?.mmioHoleMemKB = size }
    },
    .hvmFlag(
        "altp2mhvm", \.altp2m, "Allow alternative guest memory views", default: "0",
        .deprecated("write altp2m=\"mixed\" instead")),
    .hvmText("smbios_firmware", \.smbiosFirmware, "PATH", "File with SMBIOS tables to add"),
    .hvmText("acpi_firmware", \.acpiFirmware, "PATH", "File with ACPI tables to add"),
    ConfigKey(
        "smbios", .list("TYPE=VALUE"), "SMBIOS strings", for: .hvm, readFor: .hvm, since: "4.18",
        write: {
            $0.buildInfo.hvm.flatMap { .list(nonEmpty: $0.smbios.map { "\($0.key?.name ?? "")=\($0.value ?? "")" }) }
        },
        store: storeSMBIOS),
    ConfigKey(
        "ms_vm_genid", .choice(["generate", "none"]), "Identity that changes when the guest is copied or rolled back",
        default: "none", for: .hvm, readFor: .hvm,
        write: { $0.buildInfo.hvm?.generationID.map { _ in .text("generate") } }, store: storeGenerationID),
    ConfigKey(
        "mca_caps", .list("lmce"), "Machine-check features of the guest", for: .hvm, readFor: .hvm,
        write: { $0.buildInfo.hvm.flatMap { $0.mcaCaps == 0 ? nil : .list(["lmce"]) } }
    ) { value, key, draft in
        for text in draft.texts(value, key, needsList: true, needsTexts: true) ?? [] {
            guard text.string == "lmce" else {
                draft.sink.error(
                    .invalidValue, "mca_caps: unknown feature \"\(text.string)\"", at: text.range, expected: "\"lmce\"",
                    key: key.name)
                continue
            }
            // XEN_HVM_MCA_CAP_LMCE of xen/hvm/params.h
            draft.configuration.buildInfo.hvm?.mcaCaps |= 1
        }
    },
    ConfigKey(
        "rdm", .text("strategy=host[,policy=strict|relaxed]"), "Keep the machine's reserved memory free in the guest",
        for: .hvm,
        write: {
            guard let reserve = $0.buildInfo.hvm?.rdm, reserve != RDMReserve() else { return nil }
            return (try? RDMSpec.text(for: reserve)).map(WrittenValue.text)
        }),
    ConfigKey(
        "rdm_mem_boundary", .mebibytes, "Above this address, reserved memory moves the guest's own",
        default: "2048", for: .hvm, readFor: .hvm,
        write: { $0.buildInfo.hvm?.rdmMemBoundaryMemKB.map(WrittenValue.mebibytes) }
    ) {
        if let size = $2.kibibytes($0, $1) { $2.configuration.buildInfo.hvm?.rdmMemBoundaryMemKB = size }
    },
    .hvmText("boot", \.boot, "LETTERS", "Order of boot devices: a floppy, c disk, d CD-ROM, n network", default: "cda"),
    .hvmChoice("hdtype", \.hdType, "The disk controller", default: "ide"),
    .hvmFlag("usb", \.usb, "Emulated USB 1.1 controller", default: "0"),
    .hvmInteger("usbversion", \.usbVersion, 0...3, "Emulated USB controller: 1, 2 or 3"),
    ConfigKey(
        "usbdevice", .textOrList("DEVICE"), "Emulated or host USB devices, as QEMU names them", for: .hvm,
        readFor: .hvm,
        write: {
            guard let hvm = $0.buildInfo.hvm else { return nil }
            return hvm.usbDevice.map(WrittenValue.text) ?? .list(nonEmpty: hvm.usbDeviceList)
        }
    ) { value, key, draft in
        if case .text(let text) = value {
            draft.configuration.buildInfo.hvm?.usbDevice = text.string
        } else if let texts = draft.texts(value, key) {
            draft.configuration.buildInfo.hvm?.usbDeviceList = texts.map(\.string)
        }
    },
    ConfigKey(
        "serial", .textOrList("DEVICE"), "Where the guest's serial ports lead, as QEMU names it", for: .hvm,
        readFor: .hvm,
        write: {
            guard let hvm = $0.buildInfo.hvm else { return nil }
            return hvm.serial.map(WrittenValue.text) ?? .list(nonEmpty: hvm.serialList)
        }
    ) { value, key, draft in
        if case .text(let text) = value {
            draft.configuration.buildInfo.hvm?.serial = text.string
        } else if let texts = draft.texts(value, key) {
            draft.configuration.buildInfo.hvm?.serialList = texts.map(\.string)
        }
    },
    .hvmFlag("vkb_device", \.vkbDevice, "Emulated keyboard and tablet on a Xen bus", default: "1"),
    .hvmText("soundhw", \.soundHardware, "DEVICE", "Emulated sound device, as QEMU names it"),
    .hvmFlag("xen_platform_pci", \.xenPlatformPCI, "The PCI device that Xen drivers look for", default: "1"),
    .hvmFlag(
        "xen_platform_pci_bar_uc", \.xenPlatformPCIBARUC, "Map that device's memory uncached", default: "1",
        since: "4.21"),
    .hvmChoice("vendor_device", \.vendorDevice, "Extra PCI device that makes Windows fetch drivers", default: "none"),
]

/// Width of libxl's viridian bitmaps (`LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH`).
private let viridianBits = 64

private let writeViridian: ConfigKey.Write = {
    guard let hvm = $0.buildInfo.hvm else { return nil }
    let names = { (bits: Bitmap) in bits.compactMap { ViridianEnlightenment(rawValue: Int32(clamping: $0))?.name } }
    let isAll = hvm.viridianEnable.count + hvm.viridianDisable.count >= viridianBits
    let enabled = isAll ? ["all"] : names(hvm.viridianEnable)
    let words = enabled + names(hvm.viridianDisable).map { "!" + $0 }
    if words.isEmpty { return hvm.viridian.map(WrittenValue.flag) }
    return .list((hvm.viridian == true ? ["defaults"] : []) + words)
}

private let storeViridian: ConfigKey.Store = { value, key, draft in
    guard case .list = value else {
        if let flag = draft.boolean(value, key) { draft.configuration.buildInfo.hvm?.viridian = flag }
        return
    }
    for text in draft.texts(value, key, needsList: true, needsTexts: true) ?? [] {
        let isRemoved = text.bytes.first == UInt8(ascii: "!")
        let name = String(escapingBytes: text.bytes.dropFirst(isRemoved ? 1 : 0))
        switch (isRemoved, name) {
        case (false, "all"):
            for bit in 0..<viridianBits { draft.configuration.buildInfo.hvm?.viridianEnable.insert(bit) }
        case (false, "defaults"): draft.configuration.buildInfo.hvm?.viridian = true
        default:
            guard let bit = ViridianEnlightenment(name: name).map({ Int($0.rawValue) }) else {
                draft.reportChoice(text, key)
                continue
            }
            if isRemoved {
                draft.configuration.buildInfo.hvm?.viridianDisable.insert(bit)
                draft.configuration.buildInfo.hvm?.viridianEnable.remove(bit)
            } else {
                draft.configuration.buildInfo.hvm?.viridianEnable.insert(bit)
                draft.configuration.buildInfo.hvm?.viridianDisable.remove(bit)
            }
        }
    }
}

private let storeGenerationID: ConfigKey.Store = { value, key, draft in
    guard let text = draft.atom(value, key) else { return }
    switch text.string {
    case "generate":
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        draft.configuration.buildInfo.hvm?.generationID = GenerationID(bytes: bytes)
    case "none": break
    default: draft.reportChoice(text, key)
    }
}

/// Most strings of the type `oem` that SMBIOS tables can hold here (`HVM_XS_OEM_STRINGS`).
private let mostOEMStrings = 99

private let storeSMBIOS: ConfigKey.Store = { value, key, draft in
    var entries: [SMBIOSEntry] = []
    for text in draft.texts(value, key, needsList: true, needsTexts: true) ?? [] {
        let parts = text.bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else {
            draft.sink.error(
                .invalidSpec, "smbios: \"\(text.string)\" has no value", at: text.range, expected: "TYPE=VALUE",
                key: key.name)
            continue
        }
        let name = String(escapingBytes: parts[0])
        guard let type = SMBIOSType(name: name) else {
            draft.sink.error(
                .invalidValue, "smbios: unknown type \"\(name)\"", at: text.sourceRange(0..<parts[0].count),
                expected: "one of \(SMBIOSType.choices.joined(separator: ", "))",
                suggestion: Suggestion.nearest(to: name, among: SMBIOSType.choices), key: key.name)
            continue
        }
        var entry = SMBIOSEntry()
        entry.key = type
        entry.value = String(escapingBytes: parts[1])
        entries.append(entry)
    }
    if entries.count(where: { $0.key == .oem }) > mostOEMStrings {
        draft.sink.error(
            .outOfRange, "smbios: more than \(mostOEMStrings) strings of type oem", at: value.range, key: key.name)
    }
    draft.configuration.buildInfo.hvm?.smbios = entries
}
