/// A release of Xen, and what in it makes a difference to a toolstack: each by a name, once, here.
///
/// One program serves all releases, so that everything is decided when it runs. What differs in types and functions of C,
/// and why one program can do with that, is in `CXenShim`.
public struct XenRelease: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// The first number.
    public let major: UInt16
    /// The second number.
    public let minor: UInt16

    public init(_ major: UInt16, _ minor: UInt16) {
        self.major = major
        self.minor = minor
    }

    /// Parses "4.17".
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt16(parts[0]), let minor = UInt16(parts[1]) else { return nil }
        self.init(major, minor)
    }

    public var description: String { "\(major).\(minor)" }

    public static func < (a: XenRelease, b: XenRelease) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}

/// Where a row names a file, it is of Xen's source.
extension XenRelease {
    private func isSince(_ minor: UInt16) -> Bool { self >= XenRelease(4, minor) }

    /// The release that brought something, for texts: `first(with: \.servesTapDisks)`.
    public static func first(with capability: KeyPath<XenRelease, Bool>) -> XenRelease {
        let releases = (0...UInt16.max).lazy.map { XenRelease(4, $0) }
        return releases.first { $0[keyPath: capability] } ?? XenRelease(.max, .max)
    }

    /// xenconsole can be told which key leaves it (`tools/console/client/main.c`).
    public var choosesConsoleEscape: Bool { isSince(18) }

    /// The mode of alternate p2m views is an argument of a domain's creation, and `HVM_PARAM_ALTP2M` cannot be set any
    /// more (`xen/include/public/domctl.h`, `hvm_allow_set_param` in `xen/arch/x86/hvm/hvm.c`).
    public var setsAltp2mAtCreation: Bool { isSince(19) }

    /// How many alternate views a guest can have is an argument of its creation, too (`xen/include/public/domctl.h`).
    public var countsAltp2mViews: Bool { isSince(21) }

    /// A new HVM guest has interrupts of devices as event channels only where `hvm_pirq` asks for them
    /// (`libxl__arch_domain_prepare_config`, `libxl__domain_build_info_setdefault`).
    public var leavesOutPIRQs: Bool { isSince(19) }

    /// The ACPI tables of a PVH guest are memory that it must keep, not take back, so that it can boot another kernel by
    /// kexec (`domain_construct_memmap` in `libxl_x86.c`).
    public var keepsACPITables: Bool { isSince(21) }

    /// hvmloader is told how the memory of Xen's platform device is cached (`HVM_XS_XEN_PLATFORM_PCI_BAR_UC`).
    public var choosesPlatformDeviceCaching: Bool { isSince(21) }

    /// An HVM guest has the virtual keyboards of its configuration, and one of its own only without
    /// (`domcreate_attach_devices`).
    public var servesKeyboardsOfHVM: Bool { isSince(19) }

    /// Disks with `backendtype=tap` are served, by the script `block-tap` (`libxl_disk.c`).
    public var servesTapDisks: Bool { isSince(19) }

    /// Shares over 9pfs can be served by the daemon `xen-9pfsd` (`libxl_9pfs.c`).
    public var has9PDaemon: Bool { isSince(19) }

    /// QEMUs are told in their environment how much they may write to their log, which a variant of QEMU that only earlier
    /// releases had heeds (`libxl__set_qemu_env_for_xsa_180`).
    public var hasNoQEMUThatLimitsItself: Bool { isSince(20) }

    /// The hypervisor can be built without what divides and watches caches and memory bandwidth
    /// (`CONFIG_X86_PSR` in `xen/arch/x86/Kconfig`).
    public var canLackPSR: Bool { isSince(20) }

    /// xenstored answers for its features and quotas (`XS_GET_FEATURE` and what follows it in
    /// `xen/include/public/io/xs_wire.h`). An older oxenstored gives no answer at all to what it does not know.
    public var answersForStoreLimits: Bool { isSince(21) }

    /// Guests must have the CPU vendor of the host (`x86_cpu_policies_are_compatible`).
    public var refusesOtherCPUVendors: Bool { isSince(22) }
}
