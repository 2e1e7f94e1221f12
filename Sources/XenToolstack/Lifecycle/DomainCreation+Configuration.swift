import DomainModel
import XenControl
import XenTypes

extension DomainCreation {
    /// The hypervisor's arguments for a domain.
    ///
    /// - Parameters:
    ///   - configuration: with all defaults applied.
    ///   - release: the hypervisor's.
    init(_ configuration: DomainConfiguration, uuid: XenUUID, release: XenRelease) {
        self.init()
        let info = configuration.createInfo
        let build = configuration.buildInfo
        self.uuid = uuid
        ssidref = info.ssidRef
        maximumVCPUs = UInt32(clamping: build.maxVCPUs)
        maximumEventChannelPort = build.eventChannels
        maximumGrantFrames = build.maxGrantFrames
        maximumMaptrackFrames = build.maxMaptrackFrames
        maximumGrantVersion = UInt32(clamping: build.maxGrantVersion ?? 0)
        vmtraceSize = Self.pageAligned(kib: build.vmtraceBufferKB)
        cpupool = info.poolID
        flags = Self.flags(info, build)
        if info.passthrough == .syncPt { iommuOptions = .noSharedPageTables }
        emulation =
            switch info.type {
            case .hvm: EmulationFlags.all.subtracting(build.hvm?.pirq == false ? [.vpci, .usePIRQ] : .vpci)
            case .pvh: .lapic
            default: []
            }
        if build.archX86.msrRelaxed == true { miscFlags = .msrRelaxed }
        if info.type != .pv, release.setsAltp2mAtCreation {
            let isOnByOldKey = build.altp2m == .disabled && build.hvm?.altp2m == true
            altp2mMode = UInt32(isOnByOldKey ? Altp2mMode.mixed.rawValue : build.altp2m.rawValue)
            if release.countsAltp2mViews { altp2mCount = build.altp2mCount ?? 0 }
        }
    }

    private static func flags(_ info: CreateInfo, _ build: BuildInfo) -> Flags {
        var flags: Flags = []
        if info.type != .pv {
            flags.insert(.hvm)
            if info.hap == true { flags.insert(.hap) }
            if info.oos == false { flags.insert(.oosOff) }
            if build.nestedHVM == true { flags.insert(.nestedVirt) }
        }
        if build.vpmu == true { flags.insert(.vpmu) }
        if info.passthrough != .disabled { flags.insert(.iommu) }
        return flags
    }

    /// Bytes of whole pages that hold so many KiB; 0 for sizes that are none.
    private static func pageAligned(kib: Int32) -> UInt32 {
        guard kib > 0 else { return 0 }
        return UInt32(clamping: (UInt64(kib) << 10 + 4095) & ~4095)
    }
}
