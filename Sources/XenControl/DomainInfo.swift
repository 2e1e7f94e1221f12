import CXen
import XenTypes

/// What the hypervisor knows of a domain at one moment (`xen_domctl_getdomaininfo` in `xen/domctl.h`).
public struct DomainInfo: Hashable, Sendable {
    /// `XEN_DOMINF_*`.
    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// It is being destroyed, or is kept by those who still use its memory.
        public static let dying = Flags(rawValue: UInt32(XEN_DOMINF_dying))
        /// It is an HVM or PVH guest.
        public static let hvm = Flags(rawValue: UInt32(XEN_DOMINF_hvm_guest))
        /// The guest has stopped.
        public static let shutdown = Flags(rawValue: UInt32(XEN_DOMINF_shutdown))
        /// The toolstack holds it.
        public static let paused = Flags(rawValue: UInt32(XEN_DOMINF_paused))
        /// All its virtual CPUs wait for something.
        public static let blocked = Flags(rawValue: UInt32(XEN_DOMINF_blocked))
        /// One of its virtual CPUs runs now.
        public static let running = Flags(rawValue: UInt32(XEN_DOMINF_running))
        /// A debugger holds it.
        public static let debugged = Flags(rawValue: UInt32(XEN_DOMINF_debugged))
        /// The domain runs a xenstored.
        public static let xenstore = Flags(rawValue: UInt32(XEN_DOMINF_xs_domain))
        /// Hardware-assisted paging.
        public static let hap = Flags(rawValue: UInt32(XEN_DOMINF_hap))
    }

    /// The domain's number.
    public var domain: DomainID
    /// Without the guest's shutdown code.
    public var flags: Flags
    /// The guest's code, while `flags` has `shutdown`.
    public var shutdownReason: ShutdownReason?
    /// Pages that the domain has.
    public var pages: UInt64
    /// Most pages that it may have.
    public var maximumPages: UInt64
    /// Pages that it has claimed and not yet got.
    public var outstandingPages: UInt64
    /// Pages shared with other domains.
    public var sharedPages: UInt64
    /// Pages that are paged out.
    public var pagedPages: UInt64
    /// Frame number of the shared info page.
    public var sharedInfoFrame: UInt64
    /// Time that all its vCPUs have run, in nanoseconds.
    public var cpuTime: UInt64
    /// Virtual CPUs that are online.
    public var onlineVCPUs: UInt32
    /// Nil for a domain without vCPUs.
    public var maximumVCPUID: UInt32?
    /// Flask's security identifier.
    public var ssidref: UInt32
    /// The UUID that its toolstack gave it.
    public var uuid: XenUUID
    /// Number of its CPU pool.
    public var cpupool: UInt32
    /// Width of guest-physical addresses in bits.
    public var gpaddrBits: UInt8
    /// What the hypervisor emulates for it.
    public var emulation: EmulationFlags

    init(_ info: xc_domaininfo_t) {
        domain = DomainID(UInt32(info.domain))
        // The bits above the flags are the shutdown code, all ones while there is none.
        flags = Flags(rawValue: info.flags & (1 << UInt32(XEN_DOMINF_shutdownshift) - 1))
        shutdownReason =
            flags.contains(.shutdown)
            ? ShutdownReason(rawValue: UInt8(truncatingIfNeeded: info.flags >> UInt32(XEN_DOMINF_shutdownshift)))
            : nil
        pages = info.tot_pages
        maximumPages = info.max_pages
        outstandingPages = info.outstanding_pages
        sharedPages = info.shr_pages
        pagedPages = info.paged_pages
        sharedInfoFrame = info.shared_info_frame
        cpuTime = info.cpu_time
        onlineVCPUs = info.nr_online_vcpus
        maximumVCPUID = info.max_vcpu_id == UInt32.max ? nil : info.max_vcpu_id
        ssidref = info.ssidref
        uuid = withUnsafeBytes(of: info.handle) { XenUUID(bytes: $0) ?? .zero }
        cpupool = info.cpupool
        gpaddrBits = info.gpaddr_bits
        emulation = EmulationFlags(rawValue: info.arch_config.emulation_flags)
    }
}

/// Hardware that the hypervisor emulates for a domain (`XEN_X86_EMU_*` in `xen/arch-x86/xen.h`).
public struct EmulationFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Local interrupt controllers.
    public static let lapic = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_LAPIC))
    /// High-precision event timer.
    public static let hpet = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_HPET))
    /// ACPI's power management timer and events.
    public static let pm = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_PM))
    /// Clock.
    public static let rtc = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_RTC))
    /// I/O interrupt controllers.
    public static let ioapic = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_IOAPIC))
    /// The PC's first interrupt controller.
    public static let pic = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_PIC))
    /// A VGA card's memory.
    public static let vga = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_VGA))
    /// An IOMMU.
    public static let iommu = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_IOMMU))
    /// The PC's interval timer.
    public static let pit = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_PIT))
    /// Devices' interrupts as events.
    public static let usePIRQ = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_USE_PIRQ))
    /// PCI configuration space.
    public static let vpci = EmulationFlags(rawValue: 1 << UInt32(_XEN_X86_EMU_VPCI))
    /// Every flag of this release (`XEN_X86_EMU_ALL`).
    public static let all: EmulationFlags = [
        .lapic, .hpet, .pm, .rtc, .ioapic, .pic, .vga, .iommu, .pit, .usePIRQ, .vpci,
    ]
}
