import CXenShim
import XenTypes

extension XenRelease {
    /// The releases that this program works with: their libraries' interface is known (`layouts.c` of `CXenShim`), and
    /// what differs between them has a name in `XenRelease`.
    public static let supported =
        XenRelease(number: UInt32(CXS_OLDEST_RELEASE))...XenRelease(number: UInt32(CXS_NEWEST_RELEASE))

    /// - Parameter number: the major number in the upper half, the minor one in the lower, as `XENVER_version` has it.
    init(number: UInt32) { self.init(UInt16(number >> 16), UInt16(truncatingIfNeeded: number)) }

    /// That of the hypervisor that runs; nil where none does. The kernel knows it, no hypercall is needed.
    package static func running() -> XenRelease? {
        let number = cxs_running_release()
        return number == 0 ? nil : XenRelease(number: number)
    }
}
