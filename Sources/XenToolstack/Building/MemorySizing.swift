import DomainModel

/// How much memory a guest takes of the host beyond its own, in KiB throughout.
enum MemorySizing {
    /// Room above the target that every domain may allocate (`LIBXL_MAXMEM_CONSTANT` in `libxl_internal.h`).
    static let maximumSlackKB: UInt64 = 1024
    /// What the hypervisor needs for a domain (`LIBXL_PV_EXTRA_MEMORY`, `LIBXL_HVM_EXTRA_MEMORY`).
    static let pvOverheadKB: UInt64 = 1024
    static let hvmOverheadKB: UInt64 = 2048

    /// The paging pool a domain gets unless the configuration says otherwise: 1 MiB per vCPU, a page per MiB
    /// for the map of guest memory where there is one, and a page per MiB for shadow page tables where there
    /// is no hardware paging.
    static func pagingPoolKB(maximumKB: UInt64, vcpus: Int, type: DomainType, hap: Bool) -> UInt64 {
        let pageKB: UInt64 = 4
        let pagesPerVCPU: UInt64 = 256
        let maps: UInt64 = (type == .pv ? 0 : 1) + (hap ? 0 : 1)
        let perMemory = (maximumKB / 1024).multipliedReportingOverflow(by: maps * pageKB)
        return saturatingSum(
            pagesPerVCPU * pageKB * UInt64(clamping: vcpus), perMemory.overflow ? .max : perMemory.partialValue)
    }

    /// Page tables of the IOMMU when they are separate from the guest's: four levels of 512 entries.
    static func iommuTablesKB(maximumKB: UInt64) -> UInt64 {
        var entries = maximumKB / 4
        var pages: UInt64 = 0
        for _ in 0..<4 {
            entries = entries / 512 + (entries % 512 == 0 ? 0 : 1)
            pages += entries
        }
        return pages * 4
    }

    /// What must be free on the host before the domain is created, a multiple of 2 MiB
    /// (`libxl_domain_need_memory`).
    ///
    /// - Parameter info: with every default applied.
    static func neededKB(_ info: BuildInfo, type: DomainType) -> UInt64 {
        var need = saturatingSum(info.targetMemKB ?? 0, info.shadowMemKB ?? 0, info.iommuMemKB ?? 0)
        if type == .pv {
            need = saturatingSum(need, pvOverheadKB)
        } else {
            need = saturatingSum(need, hvmOverheadKB)
            if info.deviceModelStubdomain == true {
                need = saturatingSum(need, info.stubdomainMemKB ?? 0, info.videoMemKB ?? 0)
            }
        }
        let unit: UInt64 = 2048
        return need % unit == 0 ? need : saturatingSum(need, unit - need % unit)
    }
}
