/// How a guest's time stamp counter behaves (`libxl_tsc_mode`).
public enum TSCMode: Int32, DefaultedEnumeration {
    case `default` = 0
    case alwaysEmulate = 1
    case native = 2
    case nativeParavirt = 3

    public static let names: KeyValuePairs<TSCMode, String> = [
        .default: "default", .alwaysEmulate: "always_emulate", .native: "native",
        .nativeParavirt: "native_paravirt",
    ]
    public static let defaultValue = TSCMode.default
}

/// What becomes of timer ticks that a guest missed (`libxl_timer_mode`, `HVM_PARAM_TIMER_MODE`).
public enum TimerMode: Int32, DefaultedEnumeration {
    case unknown = -1
    case delayForMissedTicks = 0
    case noDelayForMissedTicks = 1
    case noMissedTicksPending = 2
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
    case unknown = 0
    case rombios = 1
    case seabios = 2
    case ovmf = 3

    public static let names: KeyValuePairs<BIOSType, String> = [
        .unknown: "unknown", .rombios: "rombios", .seabios: "seabios", .ovmf: "ovmf",
    ]
    public static let defaultValue = BIOSType.unknown
}

/// What an HVM guest's `hd…` disks are attached to (`libxl_hdtype`).
public enum HDType: Int32, DefaultedEnumeration {
    case ide = 1
    case ahci = 2

    public static let names: KeyValuePairs<HDType, String> = [
        .ide: "ide", .ahci: "ahci",
    ]
    public static let defaultValue = HDType.ide
}

/// Which QEMU emulates devices (`libxl_device_model_version`).
public enum DeviceModelVersion: Int32, DefaultedEnumeration {
    case unknown = 0
    case qemuXenTraditional = 1
    case qemuXen = 2

    public static let names: KeyValuePairs<DeviceModelVersion, String> = [
        .unknown: "unknown", .qemuXenTraditional: "qemu_xen_traditional", .qemuXen: "qemu_xen",
    ]
    public static let defaultValue = DeviceModelVersion.unknown
}

/// A PCI device that asks Windows for drivers (`libxl_vendor_device`).
public enum VendorDevice: Int32, DefaultedEnumeration {
    case none = 0
    case xenserver = 1

    public static let names: KeyValuePairs<VendorDevice, String> = [
        .none: "none", .xenserver: "xenserver",
    ]
    public static let defaultValue = VendorDevice.none
}

/// Interfaces of Hyper-V that a guest is shown (`libxl_viridian_enlightenment`); the numbers are bits of
/// ``HVMBuildInfo/viridianEnable``.
public enum ViridianEnlightenment: Int32, DefaultedEnumeration {
    case base = 0
    case freq = 1
    case timeRefCount = 2
    case referenceTsc = 3
    case hcallRemoteTlbFlush = 4
    case apicAssist = 5
    case crashCtl = 6
    case synic = 7
    case stimer = 8
    case hcallIpi = 9
    case exProcessorMasks = 10
    case noVpLimit = 11
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
    case disabled = 0
    case mixed = 1
    case external = 2
    case limited = 3

    public static let names: KeyValuePairs<Altp2mMode, String> = [
        .disabled: "disabled", .mixed: "mixed", .external: "external", .limited: "limited",
    ]
    public static let defaultValue = Altp2mMode.disabled
}

/// The kind of graphics card that is passed through (`libxl_gfx_passthru_kind`).
public enum GraphicsPassthroughKind: Int32, DefaultedEnumeration {
    case `default` = 0
    case igd = 1

    public static let names: KeyValuePairs<GraphicsPassthroughKind, String> = [
        .default: "default", .igd: "igd",
    ]
    public static let defaultValue = GraphicsPassthroughKind.default
}

/// A text of the SMBIOS tables (`libxl_smbios_type`, Xen 4.18).
public enum SMBIOSType: Int32, LibxlEnumeration {
    case biosVendor = 1
    case biosVersion = 2
    case systemManufacturer = 3
    case systemProductName = 4
    case systemVersion = 5
    case systemSerialNumber = 6
    case baseboardManufacturer = 7
    case baseboardProductName = 8
    case baseboardVersion = 9
    case baseboardSerialNumber = 10
    case baseboardAssetTag = 11
    case baseboardLocationInChassis = 12
    case enclosureManufacturer = 13
    case enclosureSerialNumber = 14
    case enclosureAssetTag = 15
    case batteryManufacturer = 16
    case batteryDeviceName = 17
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
    public var key: SMBIOSType?
    public var value: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case key
        case value
    }
}

/// A limit that xenstored sets to a domain (`libxl_xs_quota_item`, Xen 4.22).
public struct XenstoreQuota: LibxlStructure {
    public var name: String?
    public var value: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case name
        case value = "val"
    }
}

/// Limits that xenstored sets to a domain (`libxl_xs_quota_list`, Xen 4.22).
public struct XenstoreQuotaList: LibxlStructure {
    public var items: [XenstoreQuota] = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case items = "quota"
    }
}
