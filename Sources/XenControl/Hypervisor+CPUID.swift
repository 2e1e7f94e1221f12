import CXen
import XenTypes

/// A change to one CPUID leaf: for each of eax, ebx, ecx and edx 32 characters, the highest bit first.
///
/// `1` and `0` force a bit, `x` keeps the default, `k` and `s` take the host's (`xc_xend_cpuid` in `xenctrl.h`).
package struct CPUIDOverride: Hashable, Sendable {
    package var leaf: UInt32
    /// Nil when the leaf has no subleaves (`XEN_CPUID_INPUT_UNUSED`).
    package var subleaf: UInt32?
    /// Up to four policies in the order of the registers; nil keeps a register's default.
    package var policy: [String?]

    package init(leaf: UInt32, subleaf: UInt32? = nil, policy: [String?]) {
        self.leaf = leaf
        self.subleaf = subleaf
        self.policy = policy
    }
}

/// A change to one MSR: 64 characters as for `CPUIDOverride` (`xc_msr` in `xenctrl.h`).
package struct MSROverride: Hashable, Sendable {
    package var index: UInt32
    package var policy: String

    package init(index: UInt32, policy: String) {
        self.index = index
        self.policy = policy
    }
}

/// What the hypervisor shall tell a domain of its CPUs.
package struct CPUPolicy: Hashable, Sendable {
    /// The domain comes from a stream that has no CPUID data of its own.
    package var isRestored = false
    /// Replaces the default features; nil keeps them and applies the three flags below.
    package var featureset: [UInt32]?
    package var pae = false
    package var invariantTSC = false
    package var nestedVirt = false
    package var cpuid: [CPUIDOverride] = []
    package var msrs: [MSROverride] = []

    package init() {}
}

/// The feature sets that the hypervisor knows (`XEN_SYSCTL_cpu_featureset_*` in `xen/sysctl.h`).
package enum CPUFeatureset: UInt32, Sendable, CaseIterable {
    case raw, host, pv, hvm, pvMaximum, hvmMaximum
}

extension Hypervisor {
    /// Sets what a domain that has not run yet sees of CPUID and MSRs.
    package func applyCPUPolicy(_ policy: CPUPolicy, to domain: DomainID) throws(HypervisorError) {
        for text in policy.cpuid.flatMap(\.policy) {
            guard let text, text.utf8.count != 32 else { continue }
            throw HypervisorError(
                "set the CPU policy of", domain, code: 22, detail: "\"\(text)\" has not 32 characters")
        }
        for msr in policy.msrs where msr.policy.utf8.count != 64 {
            throw HypervisorError(
                "set the CPU policy of", domain, code: 22, detail: "\"\(msr.policy)\" has not 64 characters")
        }
        let leaves = CPUIDList(policy.cpuid)
        var msrs = policy.msrs.map(Self.rawMSR)
        if !msrs.isEmpty { msrs.append(xc_msr(index: UInt32.max, policy: xc_msr().policy)) }
        let featureset = policy.featureset
        try call("set the CPU policy of", domain) { raw in
            leaves.withPointer { leaves in
                msrs.withUnsafeBufferPointer { msrs in
                    (featureset ?? []).withUnsafeBufferPointer { features in
                        xc_cpuid_apply_policy(
                            raw, domain.rawValue, policy.isRestored, featureset == nil ? nil : features.baseAddress,
                            UInt32(clamping: features.count), policy.pae, policy.invariantTSC, policy.nestedVirt,
                            leaves, msrs.isEmpty ? nil : msrs.baseAddress)
                    }
                }
            }
        }
    }

    private static func rawMSR(_ msr: MSROverride) -> xc_msr {
        var raw = xc_msr()
        raw.index = msr.index
        withUnsafeMutableBytes(of: &raw.policy) { $0.copyBytes(from: msr.policy.utf8.prefix(64)) }
        return raw
    }

    /// The words of a feature set, in the order of `xen/arch-x86/cpufeatureset.h`.
    package func featureset(_ kind: CPUFeatureset) throws(HypervisorError) -> [UInt32] {
        var count = xc_get_cpu_featureset_size()
        var words = [UInt32](repeating: 0, count: Int(count))
        try call("read the CPU features") { xc_get_cpu_featureset($0, kind.rawValue, &count, &words) }
        return Array(words.prefix(Int(count)))
    }
}

/// The overrides in libxc's form: an array that an unused leaf ends, with strings of C.
private final class CPUIDList {
    private var leaves: [xc_xend_cpuid] = []
    private var strings: [UnsafeMutablePointer<CChar>] = []

    init(_ overrides: [CPUIDOverride]) {
        for override in overrides {
            var raw = xc_xend_cpuid()
            raw.leaf = override.leaf
            raw.subleaf = override.subleaf ?? UInt32.max
            withUnsafeMutableBytes(of: &raw.policy) { registers in
                let registers = registers.bindMemory(to: UnsafeMutablePointer<CChar>?.self)
                for (index, text) in override.policy.prefix(4).enumerated() {
                    registers[index] = text.map { copy($0) }
                }
            }
            leaves.append(raw)
        }
        var end = xc_xend_cpuid()
        end.leaf = UInt32.max
        end.subleaf = UInt32.max
        leaves.append(end)
    }

    deinit {
        for string in strings { string.deallocate() }
    }

    private func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8.map { CChar(bitPattern: $0) } + [0]
        let string = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        string.initialize(from: bytes, count: bytes.count)
        strings.append(string)
        return string
    }

    /// Nil stands for no overrides.
    func withPointer<Value>(_ body: (UnsafePointer<xc_xend_cpuid>?) -> Value) -> Value {
        leaves.count == 1 ? body(nil) : leaves.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
