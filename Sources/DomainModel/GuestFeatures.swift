/// How a guest's time stamp counter behaves (`libxl_tsc_mode`).
public enum TSCMode: Int32, DefaultedEnumeration {
    /// The machine's, where it is steady; emulated else.
    case `default` = 0
    /// Emulated.
    case alwaysEmulate = 1
    /// The machine's.
    case native = 2
    /// The machine's, and the guest is told when it changes; Xen no longer has this.
    case nativeParavirt = 3

    public static let names: KeyValuePairs<TSCMode, String> = [
        .default: "default", .alwaysEmulate: "always_emulate", .native: "native",
        .nativeParavirt: "native_paravirt",
    ]
    public static let defaultValue = TSCMode.default
}

/// What becomes of timer ticks that a guest missed (`libxl_timer_mode`, `HVM_PARAM_TIMER_MODE`).
public enum TimerMode: Int32, DefaultedEnumeration {
    /// Not said: ``noDelayForMissedTicks``.
    case unknown = -1
    /// All come, and the guest's time stops in between.
    case delayForMissedTicks = 0
    /// All come, and the guest's time goes on.
    case noDelayForMissedTicks = 1
    /// None come.
    case noMissedTicksPending = 2
    /// One comes for all.
    case oneMissedTickPending = 3

    public static let names: KeyValuePairs<TimerMode, String> = [
        .unknown: "unknown", .delayForMissedTicks: "delay_for_missed_ticks",
        .noDelayForMissedTicks: "no_delay_for_missed_ticks",
        .noMissedTicksPending: "no_missed_ticks_pending", .oneMissedTickPending: "one_missed_tick_pending",
    ]
    public static let defaultValue = TimerMode.unknown
}

/// The firmware of an HVM guest (`libxl_bios_type`).
public enum BIOSType: Int32, DefaultedEnumeration {
    /// Not said: SeaBIOS.
    case unknown = 0
    /// The BIOS of qemu-xen-traditional.
    case rombios = 1
    /// SeaBIOS.
    case seabios = 2
    /// OVMF, which is UEFI.
    case ovmf = 3

    public static let names: KeyValuePairs<BIOSType, String> = [
        .unknown: "unknown", .rombios: "rombios", .seabios: "seabios", .ovmf: "ovmf",
    ]
    public static let defaultValue = BIOSType.unknown
}

/// What an HVM guest's `hd…` disks are attached to (`libxl_hdtype`).
public enum HDType: Int32, DefaultedEnumeration {
    /// An IDE controller.
    case ide = 1
    /// A SATA controller.
    case ahci = 2

    public static let names: KeyValuePairs<HDType, String> = [
        .ide: "ide", .ahci: "ahci",
    ]
    public static let defaultValue = HDType.ide
}

/// Which QEMU emulates devices (`libxl_device_model_version`).
public enum DeviceModelVersion: Int32, DefaultedEnumeration {
    /// Not said: ``qemuXen``; with a stub domain, ``qemuXenTraditional``.
    case unknown = 0
    /// The old fork of QEMU, which is refused.
    case qemuXenTraditional = 1
    /// QEMU as it is today.
    case qemuXen = 2

    public static let names: KeyValuePairs<DeviceModelVersion, String> = [
        .unknown: "unknown", .qemuXenTraditional: "qemu_xen_traditional", .qemuXen: "qemu_xen",
    ]
    public static let defaultValue = DeviceModelVersion.unknown
}

/// A PCI device that asks Windows for drivers (`libxl_vendor_device`).
public enum VendorDevice: Int32, DefaultedEnumeration {
    /// None.
    case none = 0
    /// XenServer's.
    case xenserver = 1

    public static let names: KeyValuePairs<VendorDevice, String> = [
        .none: "none", .xenserver: "xenserver",
    ]
    public static let defaultValue = VendorDevice.none
}

/// Interfaces of Hyper-V that a guest is shown (`libxl_viridian_enlightenment`); the numbers are bits of
/// ``HVMBuildInfo/viridianEnable``.
public enum ViridianEnlightenment: Int32, DefaultedEnumeration {
    /// The interface itself, without which there are no others.
    case base = 0
    /// Registers with the frequencies of TSC and APIC.
    case freq = 1
    /// A counter of time.
    case timeRefCount = 2
    /// A page with which the TSC tells time.
    case referenceTsc = 3
    /// Hypercalls that flush other processors' TLBs.
    case hcallRemoteTlbFlush = 4
    /// Quicker ends of interrupts.
    case apicAssist = 5
    /// Registers that a crashing guest tells of itself with.
    case crashCtl = 6
    /// A synthetic interrupt controller.
    case synic = 7
    /// Synthetic timers.
    case stimer = 8
    /// Hypercalls that send interrupts to other processors.
    case hcallIpi = 9
    /// The same for more than 64 processors.
    case exProcessorMasks = 10
    /// No limit to the processors that are looked for.
    case noVpLimit = 11
    /// Processors that come and go.
    case cpuHotplug = 12

    public static let names: KeyValuePairs<ViridianEnlightenment, String> = [
        .base: "base", .freq: "freq", .timeRefCount: "time_ref_count", .referenceTsc: "reference_tsc",
        .hcallRemoteTlbFlush: "hcall_remote_tlb_flush", .apicAssist: "apic_assist", .crashCtl: "crash_ctl",
        .synic: "synic", .stimer: "stimer", .hcallIpi: "hcall_ipi",
        .exProcessorMasks: "ex_processor_masks", .noVpLimit: "no_vp_limit", .cpuHotplug: "cpu_hotplug",
    ]
    public static let defaultValue = ViridianEnlightenment.base
}

/// Who may use alternative guest memory views (`libxl_altp2m_mode`, `HVM_PARAM_ALTP2M`).
public enum Altp2mMode: Int32, DefaultedEnumeration {
    /// Nobody.
    case disabled = 0
    /// The guest and other domains.
    case mixed = 1
    /// Other domains only.
    case external = 2
    /// The guest may switch between views, and nothing else.
    case limited = 3

    public static let names: KeyValuePairs<Altp2mMode, String> = [
        .disabled: "disabled", .mixed: "mixed", .external: "external", .limited: "limited",
    ]
    public static let defaultValue = Altp2mMode.disabled
}

/// The kind of graphics card that is passed through (`libxl_gfx_passthru_kind`).
public enum GraphicsPassthroughKind: Int32, DefaultedEnumeration {
    /// What the card is, the toolstack finds out.
    case `default` = 0
    /// Intel's integrated graphics.
    case igd = 1

    public static let names: KeyValuePairs<GraphicsPassthroughKind, String> = [
        .default: "default", .igd: "igd",
    ]
    public static let defaultValue = GraphicsPassthroughKind.default
}

/// A text of the SMBIOS tables (`libxl_smbios_type`, Xen 4.18).
public enum SMBIOSType: Int32, LibxlEnumeration {
    /// The BIOS: vendor.
    case biosVendor = 1
    /// The BIOS: version.
    case biosVersion = 2
    /// The machine: manufacturer.
    case systemManufacturer = 3
    /// The machine: product name.
    case systemProductName = 4
    /// The machine: version.
    case systemVersion = 5
    /// The machine: serial number.
    case systemSerialNumber = 6
    /// The board: manufacturer.
    case baseboardManufacturer = 7
    /// The board: product name.
    case baseboardProductName = 8
    /// The board: version.
    case baseboardVersion = 9
    /// The board: serial number.
    case baseboardSerialNumber = 10
    /// The board: asset tag.
    case baseboardAssetTag = 11
    /// The board: where in the enclosure it is.
    case baseboardLocationInChassis = 12
    /// The enclosure: manufacturer.
    case enclosureManufacturer = 13
    /// The enclosure: serial number.
    case enclosureSerialNumber = 14
    /// The enclosure: asset tag.
    case enclosureAssetTag = 15
    /// The battery: manufacturer.
    case batteryManufacturer = 16
    /// The battery: name.
    case batteryDeviceName = 17
    /// A text of the user's; up to 99 of them.
    case oem = 18

    public static let names: KeyValuePairs<SMBIOSType, String> = [
        .biosVendor: "bios_vendor", .biosVersion: "bios_version",
        .systemManufacturer: "system_manufacturer", .systemProductName: "system_product_name",
        .systemVersion: "system_version", .systemSerialNumber: "system_serial_number",
        .baseboardManufacturer: "baseboard_manufacturer", .baseboardProductName: "baseboard_product_name",
        .baseboardVersion: "baseboard_version", .baseboardSerialNumber: "baseboard_serial_number",
        .baseboardAssetTag: "baseboard_asset_tag",
        .baseboardLocationInChassis: "baseboard_location_in_chassis",
        .enclosureManufacturer: "enclosure_manufacturer",
        .enclosureSerialNumber: "enclosure_serial_number", .enclosureAssetTag: "enclosure_asset_tag",
        .batteryManufacturer: "battery_manufacturer", .batteryDeviceName: "battery_device_name",
        .oem: "oem",
    ]
}

/// What a text of the SMBIOS tables is to be (`libxl_smbios`, Xen 4.18).
public struct SMBIOSEntry: LibxlStructure {
    /// Which text; required.
    public var key: SMBIOSType?
    /// The text.
    public var value: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case key
        case value
    }
}

/// A limit that xenstored sets to a domain (`libxl_xs_quota_item`, Xen 4.22).
public struct XenstoreQuota: LibxlStructure {
    /// What is limited, as xenstored names it.
    public var name: String?
    /// The limit.
    public var value: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case name
        case value = "val"
    }
}

/// Limits that xenstored sets to a domain (`libxl_xs_quota_list`, Xen 4.22).
public struct XenstoreQuotaList: LibxlStructure {
    /// One for each thing that is limited.
    public var items: [XenstoreQuota] = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case items = "quota"
    }
}
