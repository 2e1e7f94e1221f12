import XenTypes

/// What a domain is built of: processors, memory, kernel, firmware, device model (`libxl_domain_build_info`).
///
/// Sizes end in their unit; `KB` is 1024 bytes, as everywhere in libxl.
public struct BuildInfo: LibxlStructure {
    public var maxVCPUs: Int32 = 0
    public var availableVCPUs: Bitmap = []
    public var cpuMap: Bitmap = []
    public var nodeMap: Bitmap = []
    public var vcpuHardAffinity: [Bitmap] = []
    public var vcpuSoftAffinity: [Bitmap] = []
    public var numaPlacement: Bool?
    public var tscMode: TSCMode = .default
    public var maxMemKB: UInt64?
    public var targetMemKB: UInt64?
    public var videoMemKB: UInt64?
    public var shadowMemKB: UInt64?
    public var iommuMemKB: UInt64?
    public var rtcTimeOffset: UInt32 = 0
    public var execSSIDRef: UInt32 = 0
    public var execSSIDLabel: String?
    public var localtime: Bool?
    public var disableMigrate: Bool?
    public var cpuid: CPUIDPolicy = CPUIDPolicy()
    public var blockDeviceStart: String?
    public var vnumaNodes: [VirtualNode] = []
    public var maxGrantFrames: UInt32?
    public var maxMaptrackFrames: UInt32?
    public var maxGrantVersion: Int32?
    public var deviceModelVersion: DeviceModelVersion = .unknown
    public var deviceModelStubdomain: Bool?
    public var stubdomainMemKB: UInt64?
    public var stubdomainKernel: String?
    public var stubdomainCommandLine: String?
    public var stubdomainRamdisk: String?
    public var deviceModel: String?
    public var deviceModelSSIDRef: UInt32 = 0
    public var deviceModelSSIDLabel: String?
    public var deviceModelUser: String?
    public var extra: [String] = []
    public var extraPV: [String] = []
    public var extraHVM: [String] = []
    public var schedulerParameters: SchedulerParameters = SchedulerParameters()
    public var ioPorts: [IOPortRange] = []
    public var irqs: [UInt32] = []
    public var ioMemory: [IOMemoryRange] = []
    public var llcColors: [UInt32] = []
    public var claimMode: Bool?
    public var eventChannels: UInt32 = 0
    public var kernel: String?
    public var commandLine: String?
    public var ramdisk: String?
    public var deviceTree: String?
    public var acpi: Bool?
    public var bootloader: String?
    public var bootloaderArgs: [String] = []
    public var bootloaderRestrict: Bool?
    public var bootloaderUser: String?
    public var timerMode: TimerMode = .unknown
    public var nestedHVM: Bool?
    public var apic: Bool?
    public var dmRestrict: Bool?
    public var tee: TEEType = .none
    /// What only HVM guests have; not nil exactly while ``type`` is `.hvm`. The same holds for ``pv`` and ``pvh``.
    public var hvm: HVMBuildInfo?
    public var pv: PVBuildInfo?
    public var pvh: PVHBuildInfo?
    private var invalid: EmptyObject? = EmptyObject()
    public var archARM: ArchARM = ArchARM()
    public var archX86: ArchX86 = ArchX86()
    public var altp2m: Altp2mMode = .disabled
    public var altp2mCount: UInt32?
    public var vmtraceBufferKB: Int32 = 0
    public var vpmu: Bool?
    public var trapUnmappedAccesses: Bool?
    public var xenstoreFeatureMask: UInt32?
    public var xenstoreQuota: XenstoreQuotaList?

    public init() {}

    /// The guest's type. Setting another one puts its part to initial values and drops the old one's.
    public var type: DomainType {
        get { hvm != nil ? .hvm : pv != nil ? .pv : pvh != nil ? .pvh : .invalid }
        set {
            guard newValue != type else { return }
            hvm = newValue == .hvm ? HVMBuildInfo() : nil
            pv = newValue == .pv ? PVBuildInfo() : nil
            pvh = newValue == .pvh ? PVHBuildInfo() : nil
            invalid = newValue == .invalid ? EmptyObject() : nil
        }
    }

    enum CodingKeys: String, LibxlKey {
        case maxVCPUs = "max_vcpus"
        case availableVCPUs = "avail_vcpus"
        case cpuMap = "cpumap"
        case nodeMap = "nodemap"
        case vcpuHardAffinity = "vcpu_hard_affinity"
        case vcpuSoftAffinity = "vcpu_soft_affinity"
        case numaPlacement = "numa_placement"
        case tscMode = "tsc_mode"
        case maxMemKB = "max_memkb"
        case targetMemKB = "target_memkb"
        case videoMemKB = "video_memkb"
        case shadowMemKB = "shadow_memkb"
        case iommuMemKB = "iommu_memkb"
        case rtcTimeOffset = "rtc_timeoffset"
        case execSSIDRef = "exec_ssidref"
        case execSSIDLabel = "exec_ssid_label"
        case localtime
        case disableMigrate = "disable_migrate"
        case cpuid
        case blockDeviceStart = "blkdev_start"
        case vnumaNodes = "vnuma_nodes"
        case maxGrantFrames = "max_grant_frames"
        case maxMaptrackFrames = "max_maptrack_frames"
        case maxGrantVersion = "max_grant_version"
        case deviceModelVersion = "device_model_version"
        case deviceModelStubdomain = "device_model_stubdomain"
        case stubdomainMemKB = "stubdomain_memkb"
        case stubdomainKernel = "stubdomain_kernel"
        case stubdomainCommandLine = "stubdomain_cmdline"
        case stubdomainRamdisk = "stubdomain_ramdisk"
        case deviceModel = "device_model"
        case deviceModelSSIDRef = "device_model_ssidref"
        case deviceModelSSIDLabel = "device_model_ssid_label"
        case deviceModelUser = "device_model_user"
        case extra
        case extraPV = "extra_pv"
        case extraHVM = "extra_hvm"
        case schedulerParameters = "sched_params"
        case ioPorts = "ioports"
        case irqs
        case ioMemory = "iomem"
        case llcColors = "llc_colors"
        case claimMode = "claim_mode"
        case eventChannels = "event_channels"
        case kernel
        case commandLine = "cmdline"
        case ramdisk
        case deviceTree = "device_tree"
        case acpi
        case bootloader
        case bootloaderArgs = "bootloader_args"
        case bootloaderRestrict = "bootloader_restrict"
        case bootloaderUser = "bootloader_user"
        case timerMode = "timer_mode"
        case nestedHVM = "nested_hvm"
        case apic
        case dmRestrict = "dm_restrict"
        case tee
        case hvm = "type.hvm"
        case pv = "type.pv"
        case pvh = "type.pvh"
        case invalid = "type.invalid"
        case archARM = "arch_arm"
        case archX86 = "arch_x86"
        case altp2m
        case altp2mCount = "altp2m_count"
        case vmtraceBufferKB = "vmtrace_buf_kb"
        case vpmu
        case trapUnmappedAccesses = "trap_unmapped_accesses"
        case xenstoreFeatureMask = "xenstore_feature_mask"
        case xenstoreQuota = "xenstore_quota"
    }
}

/// What only HVM guests have (`u.hvm` of `libxl_domain_build_info`). `apic`, `timerMode` and `nestedHVM` are
/// old places of the fields of the same name in ``BuildInfo``.
public struct HVMBuildInfo: LibxlStructure {
    public var firmware: String?
    public var bios: BIOSType = .unknown
    public var pae: Bool?
    public var apic: Bool?
    public var acpi: Bool?
    public var acpiS3: Bool?
    public var acpiS4: Bool?
    public var acpiLaptopSlate: Bool?
    public var nx: Bool?
    public var viridian: Bool?
    public var viridianEnable: Bitmap = []
    public var viridianDisable: Bitmap = []
    public var timeOffset: String?
    public var hpet: Bool?
    public var vptAlign: Bool?
    public var mmioHoleMemKB: UInt64?
    public var timerMode: TimerMode = .unknown
    public var nestedHVM: Bool?
    public var altp2m: Bool?
    public var systemFirmware: String?
    public var smbiosFirmware: String?
    public var smbios: [SMBIOSEntry] = []
    public var acpiFirmware: String?
    public var hdType: HDType = .ide
    public var noGraphic: Bool?
    public var vga: VGAInfo = VGAInfo()
    public var vnc: VNCInfo = VNCInfo()
    public var keymap: String?
    public var sdl: SDLInfo = SDLInfo()
    public var spice: SpiceInfo = SpiceInfo()
    public var gfxPassthru: Bool?
    public var gfxPassthruKind: GraphicsPassthroughKind = .default
    public var serial: String?
    public var boot: String?
    public var usb: Bool?
    public var usbVersion: Int32 = 0
    public var usbDevice: String?
    public var vkbDevice: Bool?
    public var soundHardware: String?
    public var xenPlatformPCI: Bool?
    public var xenPlatformPCIBARUC: Bool?
    public var usbDeviceList: [String] = []
    public var vendorDevice: VendorDevice = .none
    public var generationID: GenerationID?
    public var serialList: [String] = []
    public var rdm: RDMReserve = RDMReserve()
    public var rdmMemBoundaryMemKB: UInt64?
    public var mcaCaps: UInt64 = 0
    public var pirq: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case firmware
        case bios
        case pae
        case apic
        case acpi
        case acpiS3 = "acpi_s3"
        case acpiS4 = "acpi_s4"
        case acpiLaptopSlate = "acpi_laptop_slate"
        case nx
        case viridian
        case viridianEnable = "viridian_enable"
        case viridianDisable = "viridian_disable"
        case timeOffset = "timeoffset"
        case hpet
        case vptAlign = "vpt_align"
        case mmioHoleMemKB = "mmio_hole_memkb"
        case timerMode = "timer_mode"
        case nestedHVM = "nested_hvm"
        case altp2m
        case systemFirmware = "system_firmware"
        case smbiosFirmware = "smbios_firmware"
        case smbios
        case acpiFirmware = "acpi_firmware"
        case hdType = "hdtype"
        case noGraphic = "nographic"
        case vga
        case vnc
        case keymap
        case sdl
        case spice
        case gfxPassthru = "gfx_passthru"
        case gfxPassthruKind = "gfx_passthru_kind"
        case serial
        case boot
        case usb
        case usbVersion = "usbversion"
        case usbDevice = "usbdevice"
        case vkbDevice = "vkb_device"
        case soundHardware = "soundhw"
        case xenPlatformPCI = "xen_platform_pci"
        case xenPlatformPCIBARUC = "xen_platform_pci_bar_uc"
        case usbDeviceList = "usbdevice_list"
        case vendorDevice = "vendor_device"
        case generationID = "ms_vm_genid"
        case serialList = "serial_list"
        case rdm
        case rdmMemBoundaryMemKB = "rdm_mem_boundary_memkb"
        case mcaCaps = "mca_caps"
        case pirq
    }
}

/// What only PV guests have (`u.pv` of `libxl_domain_build_info`). All but `slackMemKB` and `e820Host` are old
/// places of the fields of the same name in ``BuildInfo``.
public struct PVBuildInfo: LibxlStructure {
    public var kernel: String?
    public var slackMemKB: UInt64?
    public var bootloader: String?
    public var bootloaderArgs: [String] = []
    public var commandLine: String?
    public var ramdisk: String?
    public var e820Host: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case kernel
        case slackMemKB = "slack_memkb"
        case bootloader
        case bootloaderArgs = "bootloader_args"
        case commandLine = "cmdline"
        case ramdisk
        case e820Host = "e820_host"
    }
}

/// What only PVH guests have (`u.pvh` of `libxl_domain_build_info`): a PV kernel may run on Xen's shim.
public struct PVHBuildInfo: LibxlStructure {
    public var pvShim: Bool?
    public var pvShimPath: String?
    public var pvShimCommandLine: String?
    public var pvShimExtra: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case pvShim = "pvshim"
        case pvShimPath = "pvshim_path"
        case pvShimCommandLine = "pvshim_cmdline"
        case pvShimExtra = "pvshim_extra"
    }
}

/// What only guests on ARM have (`arch_arm` of `libxl_domain_build_info`).
public struct ArchARM: LibxlStructure {
    public var gicVersion: GICVersion = .default
    public var vuart: VUARTType = .unknown
    public var sveVectorLength: SVEType = .disabled
    public var spiCount: UInt32?
    public var armSCI: ARMSCI?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case gicVersion = "gic_version"
        case vuart
        case sveVectorLength = "sve_vl"
        case spiCount = "nr_spis"
        case armSCI = "arm_sci"
    }
}

/// What only guests on x86 have (`arch_x86` of `libxl_domain_build_info`).
public struct ArchX86: LibxlStructure {
    public var msrRelaxed: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case msrRelaxed = "msr_relaxed"
    }
}
