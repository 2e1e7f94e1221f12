import DomainModel
import XenControl
import XenTypes

/// The parameters with which HVM and PVH guests start.
enum HVMParameters {
    /// - Parameters:
    ///   - info: with every default applied. What is 0 by default is left alone where it stays 0.
    ///   - isNew: not restored, for what the stream of a saved domain carries itself.
    ///   - release: the hypervisor's.
    /// - Throws: code `invalid` for enlightenments that do not go together.
    static func parameters(
        _ info: BuildInfo, isNew: Bool, release: XenRelease
    ) throws(ToolstackError) -> [(HVMParameter, UInt64)] {
        var list: [(HVMParameter, UInt64)] = []
        var altp2m = info.altp2m.rawValue
        if let hvm = info.hvm {
            list.append((.hpetEnabled, hvm.hpet == true ? 1 : 0))
            list.append((.vptAlign, hvm.vptAlign == true ? 1 : 0))
            if hvm.mcaCaps != 0 { list.append((.mcaCapabilities, hvm.mcaCaps)) }
            if altp2m == 0, hvm.altp2m == true { altp2m = 1 }
        }
        list.append((.timerMode, UInt64(clamping: info.timerMode.rawValue)))
        if altp2m != 0, !release.setsAltp2mAtCreation { list.append((.altp2m, UInt64(clamping: altp2m))) }
        if isNew, let hvm = info.hvm {
            let mask = try ViridianSet(hvm).mask
            if mask != 0 { list.append((.viridian, mask)) }
        }
        return list
    }
}

/// The interfaces of Hyper-V that a guest is shown (`HVM_PARAM_VIRIDIAN` in `xen/hvm/params.h`).
struct ViridianSet: Sendable, Hashable {
    private(set) var members: Set<ViridianEnlightenment>

    /// What `viridian=1` stands for.
    private static let defaults: Set<ViridianEnlightenment> = [
        .base, .freq, .timeRefCount, .apicAssist, .crashCtl, .noVpLimit, .cpuHotplug,
    ]

    /// - Throws: code `invalid` when one is both enabled and disabled, or all depend on one that is missing.
    init(_ hvm: HVMBuildInfo) throws(ToolstackError) {
        let (enabled, disabled) = (Self.members(hvm.viridianEnable), Self.members(hvm.viridianDisable))
        if let both = enabled.intersection(disabled).min(by: { $0.rawValue < $1.rawValue }) {
            throw ToolstackError(
                .invalid, "viridian= both enables and disables \"\(both.name)\"", remedy: "remove one of the two")
        }
        members = (hvm.viridian == true ? Self.defaults : []).union(enabled).subtracting(disabled)
        guard members.isEmpty || members.contains(.base) else {
            throw ToolstackError(
                .invalid, "viridian= has enlightenments without \"base\", which all others need",
                remedy: "add \"base\" to the list")
        }
    }

    private static func members(_ numbers: Bitmap) -> Set<ViridianEnlightenment> {
        Set(numbers.compactMap { Int32(exactly: $0).flatMap { ViridianEnlightenment(rawValue: $0) } })
    }

    /// `HVMPV_*` of each member; that of the frequency MSRs says that they are missing.
    private static let bits: [ViridianEnlightenment: UInt64] = [
        .base: 1 << 0, .timeRefCount: 1 << 2, .referenceTsc: 1 << 3, .hcallRemoteTlbFlush: 1 << 4,
        .apicAssist: 1 << 5, .crashCtl: 1 << 6, .synic: 1 << 7,
        // Synthetic timers need the synthetic interrupt controller and the reference counter.
        .stimer: 1 << 8 | 1 << 7 | 1 << 2, .hcallIpi: 1 << 9, .exProcessorMasks: 1 << 10, .noVpLimit: 1 << 11,
        .cpuHotplug: 1 << 12,
    ]
    private static let noFrequencies: UInt64 = 1 << 1

    var mask: UInt64 {
        let mask = members.reduce(0 as UInt64) { $0 | (Self.bits[$1] ?? 0) }
        return members.contains(.base) && !members.contains(.freq) ? mask | Self.noFrequencies : mask
    }
}
