import DomainModel
import XenControl

/// Memory maps that guests are given.
enum MemoryMap {
    /// Entries the hypervisor's interface carries (`E820MAX` in `xenctrl.h`).
    static let maximumEntries = 128

    /// The map of a PVH guest, in libxl's order (`domain_construct_memmap` in `libxl_x86.c`).
    ///
    /// - Parameters:
    ///   - acpi: the guest's tables with the address of their root pointer; nil without ACPI.
    ///   - keepsTables: the guest may not take their memory for other things (`XenRelease.keepsACPITables`).
    static func pvh(
        layout: GuestLayout, acpi: (tables: ACPITables, rootPointer: UInt64)?, keepsTables: Bool
    ) -> [MemoryRegion] {
        /// The area of a table, from the start of its page on.
        func acpiArea(at address: UInt64, length: Int) -> MemoryRegion {
            let offset = address % GuestLayout.pageSize
            return MemoryRegion(
                start: address - offset, size: UInt64(length) + offset, kind: keepsTables ? .nvs : .acpi)
        }
        var map = [
            MemoryRegion(start: 0, size: layout.lowEnd, kind: .ram),
            MemoryRegion(
                start: GuestLayout.specialPages.lowerBound,
                size: GuestLayout.specialPages.upperBound - GuestLayout.specialPages.lowerBound, kind: .reserved),
        ]
        if let acpi {
            map.append(acpiArea(at: acpi.rootPointer, length: acpi.tables.rootPointer.count))
            map.append(acpiArea(at: GuestLayout.acpiInformationAddress, length: acpi.tables.information.count))
            map.append(acpiArea(at: ACPITables.tablesAddress, length: acpi.tables.tables.count))
        }
        if layout.highEnd > GuestLayout.fourGiB {
            map.append(
                MemoryRegion(
                    start: GuestLayout.fourGiB, size: layout.highEnd - GuestLayout.fourGiB, kind: .ram))
        }
        return map
    }

    /// The map of an HVM guest, to which hvmloader adds what a PC has below 1 MiB and in the hole.
    ///
    /// - Parameter reserved: memory of the host's devices; without those whose policy is `invalid`.
    static func hvm(layout: GuestLayout, reserved: [RDMDevice]) -> [MemoryRegion] {
        var map = [
            MemoryRegion(
                start: GuestLayout.lowMemoryEnd, size: layout.lowEnd.minusOrZero(GuestLayout.lowMemoryEnd), kind: .ram)
        ]
        map += reserved.filter { $0.policy != .invalid }.map {
            MemoryRegion(start: $0.start, size: $0.size, kind: .reserved)
        }
        if layout.highEnd > GuestLayout.fourGiB {
            map.append(
                MemoryRegion(start: GuestLayout.fourGiB, size: layout.highEnd - GuestLayout.fourGiB, kind: .ram))
        }
        return map
    }

    /// The map of a PV guest that sees the host's holes (`e820_host`): its RAM first, then everything of the
    /// host above 1 MiB that is not RAM, then the RAM that had to make way and what it may balloon up to.
    ///
    /// A PV kernel takes gaps in the map for space of PCI devices, so host RAM below 4 GiB that the guest does
    /// not have is reported unusable instead of being left out.
    ///
    /// - Parameters:
    ///   - host: the host's map.
    ///   - memoryKB: the guest's initial memory.
    ///   - balloonKB: what it may grow by.
    static func pv(host: [MemoryRegion], memoryKB: UInt64, balloonKB: UInt64) -> [MemoryRegion] {
        let host = host.filter { $0.start > GuestLayout.lowMemoryEnd }
        let devices = host.filter { $0.kind != .ram && $0.kind != .unusable }
        let firstDevice = devices.map(\.start).min()
        let afterDevices = devices.map(\.end).max() ?? 0

        let wanted = memoryKB.multipliedReportingOverflow(by: 1024)
        let memory = wanted.overflow ? UInt64.max : wanted.partialValue
        let ramEnd = min(memory, firstDevice.map { $0 & ~1023 } ?? memory)
        let moved = memory - ramEnd

        var rest = host.compactMap { hidden($0, above: ramEnd) }
        if let firstDevice, firstDevice > ramEnd {
            if let index = rest.firstIndex(where: { $0.kind == .unusable && $0.start == ramEnd }) {
                rest[index].size = firstDevice - ramEnd
            } else {
                rest.insert(MemoryRegion(start: ramEnd, size: firstDevice - ramEnd, kind: .unusable), at: 0)
            }
        }
        var map = [MemoryRegion(start: 0, size: ramEnd, kind: .ram)] + rest
        let balloon = balloonKB.multipliedReportingOverflow(by: 1024)
        let tail = saturatingSum(moved, balloon.overflow ? .max : balloon.partialValue)
        if tail > 0 {
            map.append(MemoryRegion(start: max(GuestLayout.fourGiB, afterDevices), size: tail, kind: .ram))
        }
        return map
    }

    /// What the guest sees of an area of the host, nil when nothing.
    private static func hidden(_ area: MemoryRegion, above ramEnd: UInt64) -> MemoryRegion? {
        guard area.end >= ramEnd, area.kind != .unusable else { return nil }
        guard area.kind == .ram else { return area }
        guard area.start < GuestLayout.fourGiB, area.end > ramEnd else { return nil }
        let start = max(area.start, ramEnd)
        return MemoryRegion(start: start, size: area.end - start, kind: .unusable)
    }
}

extension MemoryRegion {
    /// The byte after the last one.
    fileprivate var end: UInt64 { saturatingSum(start, size) }
}
