import XenTypes

/// What a domain is built of: processors, memory, kernel, firmware, device model (`libxl_domain_build_info`).
///
/// Sizes end in their unit; `KB` is 1024 bytes, as everywhere in libxl.
public struct BuildInfo: LibxlStructure {
    /// Most virtual CPUs of the guest; 0 for one.
    public var maxVCPUs: Int32 = 0
    /// Virtual CPUs that the guest starts with; empty for the first one.
    public var availableVCPUs: Bitmap = []
    /// Old place of ``vcpuHardAffinity``, for all virtual CPUs.
    public var cpuMap: Bitmap = []
    /// The NUMA nodes that the guest's memory comes from; empty for all.
    public var nodeMap: Bitmap = []
    /// The processors that each virtual CPU may run on, from the first on; all for those that are not listed.
    public var vcpuHardAffinity: [Bitmap] = []
    /// The processors that each virtual CPU should run on, from the first on.
    public var vcpuSoftAffinity: [Bitmap] = []
    /// Whether the toolstack chooses NUMA nodes when no processors are given; nil is yes.
    public var numaPlacement: Bool?
    /// How the guest reads the time stamp counter.
    public var tscMode: TSCMode = .default
    /// Most memory of the guest, in KiB; nil for 32 MiB.
    public var maxMemKB: UInt64?
    /// Memory that the guest starts with, in KiB; nil for ``maxMemKB``.
    public var targetMemKB: UInt64?
    /// Memory of the graphics card, in KiB; nil for what the card needs.
    public var videoMemKB: UInt64?
    /// Memory for the guest's page tables in the hypervisor, in KiB; nil for what the size of the guest needs.
    public var shadowMemKB: UInt64?
    /// Memory for the guest's page tables in the IOMMU, in KiB; nil for what the size of the guest needs.
    public var iommuMemKB: UInt64?
    /// Offset of the guest's clock from UTC, in seconds; the bits of a signed number.
    public var rtcTimeOffset: UInt32 = 0
    /// Number of ``execSSIDLabel``, once Flask has been asked.
    public var execSSIDRef: UInt32 = 0
    /// Flask label of the running domain, where it is not that of ``CreateInfo/ssidLabel``.
    public var execSSIDLabel: String?
    /// Set the guest's clock to local time instead of UTC; nil is no.
    public var localtime: Bool?
    /// Forbid saving and migration; nil is no.
    public var disableMigrate: Bool?
    /// What the guest sees of the processor's features.
    public var cpuid: CPUIDPolicy = CPUIDPolicy()
    /// First name of the control domain's disks when a guest's disk is attached to it for a bootloader; nil for `xvda`.
    public var blockDeviceStart: String?
    /// The guest's NUMA nodes; empty for none.
    public var vnumaNodes: [VirtualNode] = []
    /// Most frames of the guest's grant table, of 4 KiB; nil for the toolstack's default.
    public var maxGrantFrames: UInt32?
    /// Most frames for the grants that the guest maps, of 4 KiB; nil for the toolstack's default.
    public var maxMaptrackFrames: UInt32?
    /// Highest grant table version of the guest, 1 or 2; nil for the highest there is.
    public var maxGrantVersion: Int32?
    /// Which kind of QEMU it is.
    public var deviceModelVersion: DeviceModelVersion = .unknown
    /// Run QEMU in a domain of its own; nil is no.
    public var deviceModelStubdomain: Bool?
    /// Memory of that domain, in KiB; nil for 128 MiB.
    public var stubdomainMemKB: UInt64?
    /// Kernel of that domain, a path.
    public var stubdomainKernel: String?
    /// Command line of that kernel.
    public var stubdomainCommandLine: String?
    /// Initial RAM disk of that kernel, a path.
    public var stubdomainRamdisk: String?
    /// The device model's program; nil for the system's QEMU.
    public var deviceModel: String?
    /// Number of ``deviceModelSSIDLabel``, once Flask has been asked.
    public var deviceModelSSIDRef: UInt32 = 0
    /// Flask label of the device model's domain.
    public var deviceModelSSIDLabel: String?
    /// The user that QEMU runs as.
    public var deviceModelUser: String?
    /// More arguments for QEMU.
    public var extra: [String] = []
    /// More arguments for QEMU as a PV backend.
    public var extraPV: [String] = []
    /// More arguments for QEMU as a device model.
    public var extraHVM: [String] = []
    /// The guest's share of processor time.
    public var schedulerParameters: SchedulerParameters = SchedulerParameters()
    /// I/O ports of the machine for the guest.
    public var ioPorts: [IOPortRange] = []
    /// Interrupts of the machine for the guest.
    public var irqs: [UInt32] = []
    /// Pages of the machine's memory for the guest.
    public var ioMemory: [IOMemoryRange] = []
    /// Colours of the last-level cache for the guest's memory (ARM).
    public var llcColors: [UInt32] = []
    /// Claim the guest's memory before it is filled; nil is no.
    public var claimMode: Bool?
    /// Most event channels of the guest; 0 for 1023.
    public var eventChannels: UInt32 = 0
    /// The guest's kernel, a path.
    public var kernel: String?
    /// The kernel's command line.
    public var commandLine: String?
    /// The kernel's initial RAM disk, a path.
    public var ramdisk: String?
    /// Part of a device tree to add to the guest's, a path (ARM).
    public var deviceTree: String?
    /// Give the guest ACPI tables: HVM and PVH; nil is yes.
    public var acpi: Bool?
    /// Program that finds the kernel in the guest's disk: PV and PVH.
    public var bootloader: String?
    /// Arguments for the bootloader.
    public var bootloaderArgs: [String] = []
    /// Run the bootloader with few rights; nil is yes for pygrub where the host has a user for it.
    public var bootloaderRestrict: Bool?
    /// The user that a restricted bootloader runs as.
    public var bootloaderUser: String?
    /// How timer interrupts that were missed are made up for: HVM and PVH.
    public var timerMode: TimerMode = .unknown
    /// Let the guest run a hypervisor: HVM and PVH; nil is no.
    public var nestedHVM: Bool?
    /// Advanced interrupt controller: HVM; nil is yes.
    public var apic: Bool?
    /// Run QEMU with few rights: HVM; nil is no.
    public var dmRestrict: Bool?
    /// Trusted execution environment (ARM).
    public var tee: TEEType = .none
    /// What only HVM guests have; not nil exactly while ``type`` is `.hvm`. The same holds for ``pv`` and ``pvh``.
    public var hvm: HVMBuildInfo?
    /// What only PV guests have.
    public var pv: PVBuildInfo?
    /// What only PVH guests have.
    public var pvh: PVHBuildInfo?
    private var invalid: EmptyObject? = EmptyObject()
    /// What only guests on ARM have.
    public var archARM: ArchARM = ArchARM()
    /// What only guests on x86 have.
    public var archX86: ArchX86 = ArchX86()
    /// Who may use alternative guest memory views: HVM and PVH.
    public var altp2m: Altp2mMode = .disabled
    /// Number of alternative guest memory views; nil for 10 when they are used. From Xen 4.21 on.
    public var altp2mCount: UInt32?
    /// Size of each virtual CPU's processor trace buffer, in KiB, a power of two; 0 for no tracing.
    public var vmtraceBufferKB: Int32 = 0
    /// Give the guest performance counters; nil is no.
    public var vpmu: Bool?
    /// Fault on accesses to unmapped memory (ARM).
    public var trapUnmappedAccesses: Bool?
    /// Features of the store that the guest may see; nil for all. From Xen 4.21 on.
    public var xenstoreFeatureMask: UInt32?
    /// The guest's quota in the store; nil for xenstored's own. From Xen 4.22 on.
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
    /// A firmware loader in place of hvmloader, a path.
    public var firmware: String?
    /// The BIOS.
    public var bios: BIOSType = .unknown
    /// Physical address extension; nil is yes.
    public var pae: Bool?
    /// Advanced interrupt controller.
    public var apic: Bool?
    /// Give the guest ACPI tables; old place of ``BuildInfo/acpi``.
    public var acpi: Bool?
    /// Let the guest sleep (ACPI S3); nil is yes.
    public var acpiS3: Bool?
    /// Let the guest hibernate (ACPI S4); nil is yes.
    public var acpiS4: Bool?
    /// Show the guest a laptop or slate switch; nil is no.
    public var acpiLaptopSlate: Bool?
    /// No-execute bit; nil is yes.
    public var nx: Bool?
    /// Show the guest the usual interfaces of Hyper-V; nil is no.
    public var viridian: Bool?
    /// More of them: bits of ``ViridianEnlightenment``.
    public var viridianEnable: Bitmap = []
    /// Those of them that are left out: bits of ``ViridianEnlightenment``.
    public var viridianDisable: Bitmap = []
    /// What the guest finds in its node `rtc/timeoffset`; nil for nothing.
    public var timeOffset: String?
    /// High-precision event timer; nil is yes.
    public var hpet: Bool?
    /// Align the guest's timers to save wake-ups; nil is yes.
    public var vptAlign: Bool?
    /// Address space for devices below 4 GiB, in KiB, from 256 MiB to 3840 MiB; nil for 256 MiB.
    public var mmioHoleMemKB: UInt64?
    /// How timer interrupts that were missed are made up for.
    public var timerMode: TimerMode = .unknown
    /// Let the guest run a hypervisor.
    public var nestedHVM: Bool?
    /// Allow alternative guest memory views; old form of ``BuildInfo/altp2m``.
    public var altp2m: Bool?
    /// A BIOS image in place of the one that ``bios`` names, a path.
    public var systemFirmware: String?
    /// File with SMBIOS tables to add.
    public var smbiosFirmware: String?
    /// SMBIOS strings. From Xen 4.18 on.
    public var smbios: [SMBIOSEntry] = []
    /// File with ACPI tables to add.
    public var acpiFirmware: String?
    /// The disk controller.
    public var hdType: HDType = .ide
    /// No graphical output at all; nil is no.
    public var noGraphic: Bool?
    /// The emulated graphics card.
    public var vga: VGAInfo = VGAInfo()
    /// The guest's display over VNC.
    public var vnc: VNCInfo = VNCInfo()
    /// Keyboard layout of VNC clients, as QEMU names it; nil for `en-us`.
    public var keymap: String?
    /// The guest's display in a window.
    public var sdl: SDLInfo = SDLInfo()
    /// The guest's display over SPICE.
    public var spice: SpiceInfo = SpiceInfo()
    /// Make a graphics card that is passed through the primary one; nil is no.
    public var gfxPassthru: Bool?
    /// What that card is.
    public var gfxPassthruKind: GraphicsPassthroughKind = .default
    /// Where the guest's first serial port leads, as QEMU names it.
    public var serial: String?
    /// Order of boot devices: `a` floppy, `c` disk, `d` CD-ROM, `n` network; nil for `cda`.
    public var boot: String?
    /// Emulated USB 1.1 controller; nil is no.
    public var usb: Bool?
    /// Emulated USB controller: 1, 2 or 3; 0 for none.
    public var usbVersion: Int32 = 0
    /// Emulated or host USB device, as QEMU names it.
    public var usbDevice: String?
    /// Emulated keyboard and tablet on a Xen bus; nil is yes.
    public var vkbDevice: Bool?
    /// Emulated sound device, as QEMU names it.
    public var soundHardware: String?
    /// The PCI device that Xen drivers look for; nil is yes.
    public var xenPlatformPCI: Bool?
    /// Map that device's memory uncached; nil is yes. From Xen 4.21 on.
    public var xenPlatformPCIBARUC: Bool?
    /// Emulated or host USB devices, as QEMU names them.
    public var usbDeviceList: [String] = []
    /// Extra PCI device that makes Windows fetch drivers.
    public var vendorDevice: VendorDevice = .none
    /// Identity that changes when the guest is copied or rolled back; nil for none.
    public var generationID: GenerationID?
    /// Where the guest's serial ports lead, as QEMU names it, from the first on.
    public var serialList: [String] = []
    /// How the machine's reserved memory is kept free in the guest.
    public var rdm: RDMReserve = RDMReserve()
    /// Above this address, in KiB, reserved memory moves the guest's own; below it, the policy decides. nil for 2 GiB.
    public var rdmMemBoundaryMemKB: UInt64?
    /// Machine-check features of the guest (`XEN_HVM_MCA_CAP_*` in `xen/hvm/params.h`).
    public var mcaCaps: UInt64 = 0
    /// Let the guest receive its devices' interrupts as events; nil for what the release gives.
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
    /// The guest's kernel.
    public var kernel: String?
    /// Memory beyond its most that the hypervisor lets the guest have, in KiB.
    public var slackMemKB: UInt64?
    /// Program that finds the kernel.
    public var bootloader: String?
    /// Arguments for the bootloader.
    public var bootloaderArgs: [String] = []
    /// The kernel's command line.
    public var commandLine: String?
    /// The kernel's initial RAM disk.
    public var ramdisk: String?
    /// Show the guest the machine's memory map; nil is no.
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
    /// Run a PV guest in a PVH domain with Xen in between; nil is no.
    public var pvShim: Bool?
    /// The shim's image; nil for `xen-shim` in the firmware directory.
    public var pvShimPath: String?
    /// The shim's command line; nil for libxl's.
    public var pvShimCommandLine: String?
    /// More words for the shim's command line.
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
    /// The interrupt controller.
    public var gicVersion: GICVersion = .default
    /// An emulated serial port.
    public var vuart: VUARTType = .unknown
    /// Vector length of SVE.
    public var sveVectorLength: SVEType = .disabled
    /// Shared interrupts; nil for as many as the devices need.
    public var spiCount: UInt32?
    /// The system control interface; nil for none.
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
    /// Ignore accesses to unknown model-specific registers; nil is no. It will be removed from Xen.
    public var msrRelaxed: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case msrRelaxed = "msr_relaxed"
    }
}
