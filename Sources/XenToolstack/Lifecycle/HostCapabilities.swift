import SystemPackage
import XenControl
import XenTypes

/// What of the host decides over a new domain's defaults, as a value: the same configuration on the same
/// capabilities always gives the same domain.
public struct HostCapabilities: Sendable, Hashable {
    /// The hypervisor's.
    public var release = XenRelease.supported.lowerBound
    /// Hardware-assisted paging for HVM and PVH.
    public var hap = true
    /// Shadow paging for HVM and PVH.
    public var shadow = true
    /// An IOMMU that devices can be passed through.
    public var hvmDirectIO = false
    /// The IOMMU can use a HAP guest's page tables.
    public var iommuSharesPageTables = false
    /// Virtual performance counters.
    public var vpmu = false
    public var grantTableV1 = true
    public var grantTableV2 = true
    /// Whether the default QEMU can be run.
    public var hasDeviceModel = true
    /// The cpupools' numbers by their names.
    public var pools: [String: UInt32] = ["Pool-0": 0]
    /// Flask's numbers of the security labels that the configuration names; empty where XSM is off.
    public var securityIDs: [String: UInt32] = [:]
    /// False where Flask is not active, which lets labels be ignored.
    public var enforcesLabels = false
    /// hvmloader, xen-shim and the like.
    public var firmware: FilePath = "/usr/lib/xen/boot"

    public init() {}
}
