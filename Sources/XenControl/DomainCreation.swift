import CXen
import XenTypes

/// The arguments with which the hypervisor makes a domain (`xen_domctl_createdomain` in `xen/domctl.h`).
package struct DomainCreation: Hashable, Sendable {
    /// `XEN_DOMCTL_CDF_*`.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// HVM or PVH, not PV.
        package static let hvm = Flags(rawValue: 1 << 0)
        /// Hardware-assisted paging.
        package static let hap = Flags(rawValue: 1 << 1)
        package static let s3Integrity = Flags(rawValue: 1 << 2)
        /// No out-of-sync shadow pages.
        package static let oosOff = Flags(rawValue: 1 << 3)
        package static let xenstoreDomain = Flags(rawValue: 1 << 4)
        /// The domain may get devices passed through.
        package static let iommu = Flags(rawValue: 1 << 5)
        package static let nestedVirt = Flags(rawValue: 1 << 6)
        package static let vpmu = Flags(rawValue: 1 << 7)
    }

    /// `XEN_DOMCTL_IOMMU_*`.
    package struct IOMMUOptions: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The IOMMU does not use the domain's second-level page tables.
        package static let noSharedPageTables = IOMMUOptions(rawValue: 1 << 0)
    }

    /// `XEN_X86_MISC` flags.
    package struct MiscFlags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Unknown MSRs can be read without a fault (`XEN_X86_MSR_RELAXED`).
        package static let msrRelaxed = MiscFlags(rawValue: 1 << 0)
    }

    package var ssidref: UInt32 = 0
    package var uuid: XenUUID = .zero
    package var flags: Flags = []
    package var iommuOptions: IOMMUOptions = []
    package var maximumVCPUs: UInt32 = 1
    /// Highest event channel port; Xen takes larger numbers as its own limit.
    package var maximumEventChannelPort: UInt32 = 1023
    /// Nil for the hypervisor's own limit.
    package var maximumGrantFrames: UInt32?
    /// Nil for the hypervisor's own limit.
    package var maximumMaptrackFrames: UInt32?
    /// Highest grant table version that the guest may use, 1 or 2.
    package var maximumGrantVersion: UInt32 = 2
    /// Bytes of each vCPU's trace buffer; 0 for none.
    package var vmtraceSize: UInt32 = 0
    package var cpupool: UInt32 = 0
    package var emulation: EmulationFlags = []
    package var miscFlags: MiscFlags = []
    /// The alternate p2m mode, 0 to 3, and how many views there can be. What a release has not here
    /// (`XenRelease.setsAltp2mAtCreation`, `countsAltp2mViews`) is left out.
    package var altp2mMode: UInt32 = 0
    package var altp2mCount: UInt32 = 0

    package init() {}

    /// The words of a release's `xen_domctl_createdomain` (`xen/include/public/domctl.h`), the only structure of those
    /// used here that differs between the releases: 4.19 put one for the alternate views before the size of the trace
    /// buffer, of which 4.21 gave the upper half to their number.
    func words(for release: XenRelease) -> [UInt32] {
        var words = [ssidref]
        uuid.bytes.withUnsafeBytes { words += $0.bindMemory(to: UInt32.self) }
        words += [flags.rawValue, iommuOptions.rawValue, maximumVCPUs, maximumEventChannelPort]
        for limit in [maximumGrantFrames, maximumMaptrackFrames] {
            words.append(limit.map { UInt32(clamping: Int32(clamping: $0)) } ?? UInt32.max)
        }
        words.append(maximumGrantVersion & UInt32(XEN_DOMCTL_GRANT_version_mask))
        if release.setsAltp2mAtCreation {
            let count = release.countsAltp2mViews && altp2mMode != 0 ? min(altp2mCount, UInt32(UInt16.max)) : 0
            words.append(altp2mMode & Self.altp2mModeMask | count << 16)
        }
        return words + [vmtraceSize, cpupool, emulation.rawValue, miscFlags.rawValue]
    }

    /// `XEN_DOMCTL_ALTP2M_mode_mask`, which the headers have from 4.19 on.
    private static let altp2mModeMask: UInt32 = 3
}
