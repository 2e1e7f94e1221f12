import SystemPackage
import XenControl
import XenTypes

/// What of the host decides over a new domain's defaults, as a value: the same configuration on the same
/// capabilities always gives the same domain.
package struct HostCapabilities: Sendable, Hashable {
    /// The hypervisor's.
    package var release = XenRelease.supported.lowerBound
    /// Hardware-assisted paging for HVM and PVH.
    package var hap = true
    /// Shadow paging for HVM and PVH.
    package var shadow = true
    /// An IOMMU that devices can be passed through.
    package var hvmDirectIO = false
    /// The IOMMU can use a HAP guest's page tables.
    package var iommuSharesPageTables = false
    /// Virtual performance counters.
    package var vpmu = false
    package var grantTableV1 = true
    package var grantTableV2 = true
    /// Whether the default QEMU can be run.
    package var hasDeviceModel = true
    /// The cpupools' numbers by their names.
    package var pools: [String: UInt32] = ["Pool-0": 0]
    /// Flask's numbers of the security labels that the configuration names; empty where XSM is off.
    package var securityIDs: [String: UInt32] = [:]
    /// False where Flask is not active, which lets labels be ignored.
    package var enforcesLabels = false
    /// hvmloader, xen-shim and the like.
    package var firmware: FilePath = "/usr/lib/xen/boot"

    package init() {}
}
