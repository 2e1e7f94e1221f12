import CXen
import XenTypes

/// How a domain sees the time stamp counter (`xen_domctl_tsc_info` in `xen/domctl.h`).
package struct TSCInfo: Hashable, Sendable {
    /// 0 default, 1 always emulated, 2 never emulated.
    package var mode: UInt32
    /// In nanoseconds.
    package var elapsed: UInt64
    /// Guest frequency in kHz.
    package var khz: UInt32
    package var incarnation: UInt32

    package init(mode: UInt32, elapsed: UInt64 = 0, khz: UInt32 = 0, incarnation: UInt32 = 0) {
        self.mode = mode
        self.elapsed = elapsed
        self.khz = khz
        self.incarnation = incarnation
    }
}

extension Hypervisor {
    package func tscInfo(of domain: DomainID) throws(HypervisorError) -> TSCInfo {
        var info = TSCInfo(mode: 0)
        try call("read the TSC mode of", domain) {
            xc_domain_get_tsc_info($0, domain.rawValue, &info.mode, &info.elapsed, &info.khz, &info.incarnation)
        }
        return info
    }

    package func setTSCInfo(_ info: TSCInfo, of domain: DomainID) throws(HypervisorError) {
        try call("set the TSC mode of", domain) {
            xc_domain_set_tsc_info($0, domain.rawValue, info.mode, info.elapsed, info.khz, info.incarnation)
        }
    }

    /// Moves a domain's wall clock by this many seconds from the host's.
    package func setTimeOffset(_ seconds: Int32, of domain: DomainID) throws(HypervisorError) {
        try call("set the time offset of", domain) { xc_domain_set_time_offset($0, domain.rawValue, seconds) }
    }
}
