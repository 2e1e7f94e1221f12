import DomainModel
import XenTypes

/// Fixed places in the physical address space of an x86 guest, and how its RAM is laid out around them.
///
/// All addresses and sizes are bytes.
struct GuestLayout: Sendable, Hashable {
    static let pageSize: UInt64 = 4096
    static let fourGiB: UInt64 = 1 << 32
    /// End of the memory a PC's BIOS knows.
    static let lowMemoryEnd: UInt64 = 0x10_0000
    /// The page that the methods of a PVH guest's DSDT read (`ACPI_INFO_PHYSICAL_ADDRESS` in `libxl_arch.h`).
    static let acpiInformationAddress: UInt64 = 0xFC00_0000
    /// `LAPIC_BASE_ADDRESS` in `libxl_arch.h`.
    static let localAPICAddress: UInt64 = 0xFEE0_0000
    /// The pages that the builder sets aside for the store, the console and others
    /// (`X86_HVM_NR_SPECIAL_PAGES`, `X86_HVM_END_SPECIAL_REGION` in `xenguest.h`).
    static let specialPages: Range<UInt64> = (0xFF000 - 8) * pageSize..<0xFF000 * pageSize
    /// Where an HVM guest's PCI hole starts unless the configuration enlarges it
    /// (`HVM_BELOW_4G_MMIO_START` in `xen/hvm/e820.h`).
    static let hvmHoleStart: UInt64 = 0xF000_0000

    /// End of the RAM below 4 GiB.
    var lowEnd: UInt64
    /// End of the RAM above 4 GiB, or 0 when there is none.
    var highEnd: UInt64
    /// Start of the hole below 4 GiB.
    var holeStart: UInt64

    var holeSize: UInt64 { Self.fourGiB - holeStart }

    /// Pages of the hole below 1 MiB where a PC has its VGA memory (`LIBXL_VGA_HOLE_SIZE` in `libxl_internal.h`).
    static let vgaHolePages: UInt64 = 0x20
    /// Less RAM below 4 GiB than this stops hvmloader.
    static let leastLowMemory: UInt64 = 2 << 20

    /// KiB of RAM of an HVM or PVH guest: what is left of its memory without that of its graphics card.
    static func memoryKB(_ info: BuildInfo) -> UInt64 { (info.maxMemKB ?? 0).minusOrZero(info.videoMemKB ?? 0) }

    /// The layout of an HVM guest, without regard to memory reserved for devices.
    static func hvm(_ info: BuildInfo) -> GuestLayout {
        hvm(
            memory: memoryKB(info).timesOrMaximum(1024),
            hole: (info.hvm?.mmioHoleMemKB ?? 0).timesOrMaximum(1024))
    }

    /// The layout of a guest with a device model or firmware of a PC.
    ///
    /// - Parameter hole: the configured size of the hole (`mmio_hole`); smaller than the default has no effect.
    static func hvm(memory: UInt64, hole: UInt64 = 0) -> GuestLayout {
        let start = hole < fourGiB ? fourGiB - hole : 0
        return GuestLayout(memory: memory, holeStart: min(start, hvmHoleStart))
    }

    /// The layout of a PVH guest: the local APIC, the ACPI tables and the special pages are in the hole.
    static func pvh(memory: UInt64) -> GuestLayout {
        GuestLayout(
            memory: memory,
            holeStart: min(specialPages.lowerBound, localAPICAddress, acpiInformationAddress))
    }

    /// Moves the RAM from an address below 4 GiB on to the end of the RAM above.
    mutating func endLowRAM(at address: UInt64) {
        guard address < lowEnd else { return }
        highEnd = saturatingSum(max(highEnd, Self.fourGiB), lowEnd - address)
        lowEnd = address
    }

    private init(memory: UInt64, holeStart: UInt64) {
        self.holeStart = holeStart
        if memory > holeStart {
            lowEnd = holeStart
            highEnd = saturatingSum(Self.fourGiB, memory - holeStart)
        } else {
            lowEnd = memory
            highEnd = 0
        }
    }
}

/// The sum of sizes that come from a configuration: an absurd one must not wrap around.
func saturatingSum(_ terms: UInt64...) -> UInt64 {
    terms.reduce(0) { sum, term in
        let (result, overflow) = sum.addingReportingOverflow(term)
        return overflow ? .max : result
    }
}

/// Sizes that come from a configuration, or from the host: absurd ones must not wrap around.
extension UInt64 {
    func minusOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }

    func timesOrMaximum(_ factor: UInt64) -> UInt64 {
        let (result, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : result
    }
}
