import DomainModel
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

private let mib: UInt64 = 1 << 20
private let gib: UInt64 = 1 << 30

@Suite struct GuestLayoutTests {
    @Test func leavesSmallPVHGuestsBelowTheHole() {
        let layout = GuestLayout.pvh(memory: 256 * mib)
        #expect(layout.lowEnd == 256 * mib && layout.highEnd == 0)
        #expect(layout.holeStart == 0xFC00_0000 && layout.holeSize == 0x400_0000)
    }

    @Test func movesTheRestAboveFourGiB() {
        let layout = GuestLayout.pvh(memory: 8 * gib)
        #expect(layout.lowEnd == 0xFC00_0000 && layout.highEnd == 8 * gib + 0x400_0000)
        #expect(GuestLayout.hvm(memory: 8 * gib).lowEnd == 0xF000_0000)
        #expect(GuestLayout.hvm(memory: 8 * gib, hole: gib).holeStart == 3 * gib)
        #expect(GuestLayout.hvm(memory: gib, hole: mib).holeStart == 0xF000_0000)
        #expect(GuestLayout.hvm(memory: gib, hole: .max).holeStart == 0)
        #expect(GuestLayout.pvh(memory: .max).highEnd == .max)
    }

    @Test func mapsPVHLikeUpstream() {
        let tables = ACPITables(ACPIDescription(maximumVCPUs: 4, onlineVCPUs: [0, 1, 2, 3]))
        let layout = GuestLayout.pvh(memory: 8 * gib)
        let map = MemoryMap.pvh(
            layout: layout, acpi: (tables, tables.rootPointerAddress(isUnrestricted: true)), keepsTables: false)
        #expect(
            map == [
                MemoryRegion(start: 0, size: 0xFC00_0000, kind: .ram),
                MemoryRegion(start: 0xFEFF_8000, size: 0x8000, kind: .reserved),
                MemoryRegion(start: 0xFC00_8000, size: 64, kind: .acpi),
                MemoryRegion(start: 0xFC00_0000, size: 4096, kind: .acpi),
                MemoryRegion(start: 0xFC00_1000, size: 0x7000, kind: .acpi),
                MemoryRegion(start: 4 * gib, size: 4 * gib + 0x400_0000, kind: .ram),
            ])
        let old = MemoryMap.pvh(
            layout: layout, acpi: (tables, tables.rootPointerAddress(isUnrestricted: false)), keepsTables: false)
        #expect(old[2] == MemoryRegion(start: 0xF_F000, size: 4096, kind: .acpi))
        let kept = MemoryMap.pvh(
            layout: layout, acpi: (tables, tables.rootPointerAddress(isUnrestricted: true)), keepsTables: true)
        #expect(kept.map(\.kind) == [.ram, .reserved, .nvs, .nvs, .nvs, .ram])
        #expect(kept.map(\.start) == map.map(\.start))
        #expect(
            MemoryMap.pvh(layout: .pvh(memory: mib), acpi: nil, keepsTables: true).map(\.kind) == [.ram, .reserved])
    }
}

@Suite struct HostMemoryMapTests {
    /// A PC with 4 GiB: holes for ACPI and devices below 4 GiB, RAM in between and above.
    private let host = [
        MemoryRegion(start: 0, size: 0x9F000, kind: .ram),
        MemoryRegion(start: 0x9F000, size: 0x61000, kind: .reserved),
        MemoryRegion(start: mib, size: 1023 * mib, kind: .ram),
        MemoryRegion(start: gib, size: mib, kind: .reserved),
        MemoryRegion(start: gib + mib, size: gib - mib, kind: .ram),
        MemoryRegion(start: 2 * gib, size: mib, kind: .acpi),
        MemoryRegion(start: 4 * gib, size: 2 * gib, kind: .ram),
    ]

    @Test func hidesHostRAMThatTheGuestDoesNotHave() {
        let map = MemoryMap.pv(host: host, memoryKB: 512 << 10, balloonKB: 0)
        #expect(
            map == [
                MemoryRegion(start: 0, size: 512 * mib, kind: .ram),
                MemoryRegion(start: 512 * mib, size: 512 * mib, kind: .unusable),
                MemoryRegion(start: gib, size: mib, kind: .reserved),
                MemoryRegion(start: gib + mib, size: gib - mib, kind: .unusable),
                MemoryRegion(start: 2 * gib, size: mib, kind: .acpi),
            ])
    }

    @Test func movesMemoryThatAHoleDisplaces() {
        let map = MemoryMap.pv(host: host, memoryKB: 1536 << 10, balloonKB: 256 << 10)
        #expect(map.first == MemoryRegion(start: 0, size: gib, kind: .ram))
        #expect(map.last == MemoryRegion(start: 4 * gib, size: 768 * mib, kind: .ram))
        let total = map.filter { $0.kind == .ram }.reduce(0) { $0 + $1.size }
        #expect(total == 1792 * mib)
    }

    @Test func placesMovedMemoryAfterDevicesAboveFourGiB() {
        let high = host + [MemoryRegion(start: 6 * gib, size: gib, kind: .reserved)]
        let map = MemoryMap.pv(host: high, memoryKB: 1536 << 10, balloonKB: 0)
        #expect(map.last == MemoryRegion(start: 7 * gib, size: 512 * mib, kind: .ram))
    }

    @Test func copesWithOddHosts() {
        #expect(
            MemoryMap.pv(host: [], memoryKB: 1024, balloonKB: 0) == [MemoryRegion(start: 0, size: mib, kind: .ram)])
        let wild = [MemoryRegion(start: .max - 1, size: .max, kind: .reserved)]
        let map = MemoryMap.pv(host: wild, memoryKB: .max, balloonKB: .max)
        #expect(map.count == 3 || map.count == 4)
    }
}

@Suite struct MemorySizingTests {
    @Test func defaultsThePagingPool() {
        #expect(MemorySizing.pagingPoolKB(maximumKB: 512 << 10, vcpus: 1, type: .pv, hap: false) == 3072)
        #expect(MemorySizing.pagingPoolKB(maximumKB: 512 << 10, vcpus: 4, type: .pvh, hap: true) == 4096 + 2048)
        #expect(MemorySizing.pagingPoolKB(maximumKB: 512 << 10, vcpus: 4, type: .hvm, hap: false) == 4096 + 4096)
        #expect(MemorySizing.pagingPoolKB(maximumKB: .max, vcpus: 1, type: .hvm, hap: false) > 1 << 54)
    }

    @Test func countsIOMMUTables() {
        // 1 GiB is 262144 pages: 512 + 1 + 1 + 1 tables.
        #expect(MemorySizing.iommuTablesKB(maximumKB: 1 << 20) == 515 * 4)
        #expect(MemorySizing.iommuTablesKB(maximumKB: 0) == 0)
    }

    @Test func roundsTheNeedUp() {
        var info = BuildInfo()
        info.targetMemKB = 64 << 10
        info.shadowMemKB = 1280
        info.iommuMemKB = 0
        #expect(MemorySizing.neededKB(info, type: .pv) == 68 << 10)
        #expect(MemorySizing.neededKB(info, type: .pvh) == 68 << 10)
        info.deviceModelStubdomain = true
        info.stubdomainMemKB = 28 << 10
        info.videoMemKB = 8 << 10
        #expect(MemorySizing.neededKB(info, type: .hvm) == 104 << 10)
        info.targetMemKB = .max
        #expect(MemorySizing.neededKB(info, type: .hvm) == .max)
    }
}
