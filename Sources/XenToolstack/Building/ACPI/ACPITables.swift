import XenTypes

/// What the ACPI tables of a PVH guest say about it.
struct ACPIDescription: Sendable, Hashable {
    /// vCPUs the guest may ever have, 1 to `ProcessorDefinitions.count`.
    var maximumVCPUs: Int
    /// Those it starts with; only these are enabled in the MADT.
    var onlineVCPUs: Bitmap
    /// Whether the guest has a local APIC (`apic=` of the configuration). Without one and with a single
    /// vCPU there is no MADT.
    var hasLocalAPIC = true
    /// nil unless the guest has virtual NUMA nodes.
    var numa: ACPINUMA?
}

/// Virtual NUMA as SRAT and SLIT describe it.
struct ACPINUMA: Sendable, Hashable {
    var nodeCount: Int
    /// Virtual node of each vCPU.
    var nodeOfVCPU: [Int]
    /// Guest memory by node, in bytes.
    var ranges: [VirtualMemoryRange]
    /// `nodeCount` rows of as many distances; 10 is local.
    var distances: [UInt8]
}

/// The ACPI tables of a PVH guest, ready to be placed in its memory.
///
/// Layout and contents follow `tools/libacpi` and `libxl_x86_acpi.c`: an information page at
/// `GuestLayout.acpiInformationAddress`, the tables right behind it. Unlike upstream's, the space between
/// tables is zero.
struct ACPITables: Sendable, Hashable {
    /// The page that the DSDT's methods read.
    var information: [UInt8]
    /// All tables but the RSDP, a whole number of pages.
    var tables: [UInt8]
    /// The root pointer, padded to the 64 bytes that the builder copies.
    var rootPointer: [UInt8]

    /// Bytes of the information page that have a meaning (`struct acpi_info` in `tools/libacpi/build.c`).
    static let informationLength = 40
    /// Pages upstream sets aside for the tables (`NUM_ACPI_PAGES` in `libxl_x86_acpi.c`).
    static let maximumPages = 16
    private static let rootPointerLength = 64

    /// Where the tables start: the page after the information page.
    static var tablesAddress: UInt64 { GuestLayout.acpiInformationAddress + GuestLayout.pageSize }

    /// Where the root pointer goes.
    ///
    /// - Parameter isUnrestricted: the kernel accepts any address from the start information
    ///   (`XENFEAT_linux_rsdp_unrestricted`), or is not Linux. Older Linux searches the BIOS area only.
    func rootPointerAddress(isUnrestricted: Bool) -> UInt64 {
        isUnrestricted
            ? Self.tablesAddress + UInt64(tables.count)
            : GuestLayout.lowMemoryEnd - UInt64(Self.rootPointerLength)
    }

    init(_ description: ACPIDescription) {
        var space = TableSpace(base: Self.tablesAddress)
        let facs = space.place(Self.facs, alignment: 64)
        let dsdt = space.place(
            ACPITable(signature: "DSDT", revision: 5, body: ProcessorDefinitions.aml).bytes)
        let oldFADT = space.place(FADT(facs: facs, dsdt: dsdt).compatibleTable.bytes)
        let fadt = space.place(FADT(facs: facs, dsdt: dsdt).table.bytes)

        var others: [UInt32] = []
        var localAPICTable: UInt32?
        if description.hasLocalAPIC || description.maximumVCPUs > 1 {
            let address = space.place(Self.madt(description).bytes)
            localAPICTable = address
            others.append(address)
        }
        if let numa = description.numa {
            others.append(space.place(Self.srat(numa).bytes))
            others.append(space.place(Self.slit(numa).bytes))
        }
        let extended = space.place(
            ACPITable(signature: "XSDT", body: ([fadt] + others).flatMap { littleEndian(UInt64($0)) }).bytes)
        let root = space.place(ACPITable(signature: "RSDT", body: ([oldFADT] + others).flatMap(littleEndian)).bytes)

        tables = space.wholePages
        information = Self.information(vcpus: description.maximumVCPUs, localAPICTable: localAPICTable)
        rootPointer = Self.rootPointer(root: root, extended: extended)
    }

    /// Firmware ACPI Control Structure; it has no checksum.
    private static var facs: [UInt8] {
        Array("FACS".utf8) + littleEndian(UInt32(64)) + [UInt8](repeating: 0, count: 24) + [1]
            + [UInt8](repeating: 0, count: 31)
    }

    /// Numbers of the local APIC's table that the methods of the DSDT use.
    private static func information(vcpus: Int, localAPICTable: UInt32?) -> [UInt8] {
        let checksumOffset: UInt32 = 9
        let fields: [UInt8] =
            [0, 0] + littleEndian(UInt16(truncatingIfNeeded: localAPICTable == nil ? 0 : vcpus))
            + littleEndian(UInt64(0))
            + littleEndian(localAPICTable.map { $0 + checksumOffset } ?? 0)
            + littleEndian(localAPICTable.map { $0 + UInt32(ACPITable.headerLength + 8) } ?? 0)
        return fields + [UInt8](repeating: 0, count: Int(GuestLayout.pageSize) - fields.count)
    }

    /// Multiple APIC Description Table: one local APIC per vCPU. Xen gives vCPU n the APIC id 2n.
    private static func madt(_ description: ACPIDescription) -> ACPITable {
        let pcatCompatible: UInt32 = 1
        var body = littleEndian(UInt32(GuestLayout.localAPICAddress)) + littleEndian(pcatCompatible)
        for cpu in 0..<description.maximumVCPUs {
            let enabled: UInt32 = description.onlineVCPUs.contains(cpu) ? 1 : 0
            body += [0, 8, UInt8(truncatingIfNeeded: cpu), apicID(cpu)] + littleEndian(enabled)
        }
        return ACPITable(signature: "APIC", revision: 2, body: body)
    }

    private static func apicID(_ vcpu: Int) -> UInt8 { UInt8(truncatingIfNeeded: vcpu * 2) }

    /// System Resource Affinity Table.
    private static func srat(_ numa: ACPINUMA) -> ACPITable {
        var body = littleEndian(UInt32(1)) + littleEndian(UInt64(0))
        for (cpu, node) in numa.nodeOfVCPU.enumerated() {
            body += [0, 16, UInt8(truncatingIfNeeded: node), apicID(cpu)] + littleEndian(UInt32(1))
            body += littleEndian(UInt64(0))
        }
        for range in numa.ranges {
            body += [1, 40] + littleEndian(UInt32(truncatingIfNeeded: range.node)) + littleEndian(UInt16(0))
            body += littleEndian(range.start) + littleEndian(range.end &- range.start)
            body += littleEndian(UInt32(0)) + littleEndian(UInt32(1)) + littleEndian(UInt64(0))
        }
        return ACPITable(signature: "SRAT", body: body)
    }

    /// System Locality distance Information Table.
    private static func slit(_ numa: ACPINUMA) -> ACPITable {
        ACPITable(signature: "SLIT", body: littleEndian(UInt64(numa.nodeCount)) + numa.distances)
    }

    /// Root System Description Pointer, revision 2: the first checksum covers the 20 bytes of revision 1.
    private static func rootPointer(root: UInt32, extended: UInt32) -> [UInt8] {
        var bytes =
            Array("RSD PTR ".utf8) + [0] + ACPITable.oemIdentifier + [2] + littleEndian(root)
            + littleEndian(UInt32(36)) + littleEndian(UInt64(extended)) + [0, 0, 0, 0]
        bytes[8] = ACPITable.checksum(of: bytes.prefix(20))
        bytes[32] = ACPITable.checksum(of: bytes)
        return bytes + [UInt8](repeating: 0, count: rootPointerLength - bytes.count)
    }
}

/// A system description table: the common header and a body (ACPI 6.4, section 5.2.6).
struct ACPITable {
    static let headerLength = 36
    /// "Xen", padded.
    static let oemIdentifier: [UInt8] = Array("Xen".utf8) + [0, 0, 0]

    var signature: String
    var revision: UInt8 = 1
    var body: [UInt8]

    var bytes: [UInt8] {
        var bytes =
            Array(signature.utf8) + littleEndian(UInt32(Self.headerLength + body.count)) + [revision, 0]
            + Self.oemIdentifier + Array("HVM".utf8) + [0, 0, 0, 0, 0] + littleEndian(UInt32(0))
            + Array("HVML".utf8) + littleEndian(UInt32(0)) + body
        bytes[9] = Self.checksum(of: bytes)
        return bytes
    }

    /// The byte that makes the sum of all bytes zero.
    static func checksum(of bytes: some Sequence<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }
}

/// Fixed ACPI Description Table of a hardware-reduced-like guest: no PM timer, no buttons, no VGA, no RTC.
private struct FADT {
    var facs: UInt32
    var dsdt: UInt32

    /// Processor C1, WBINVD, power and sleep buttons absent, no fixed RTC wake, a 32-bit timer value and the
    /// platform's clock (`Fadt` in `tools/libacpi/static_tables.c`).
    private static let flags: UInt32 = 1 << 0 | 1 << 2 | 1 << 6 | 1 << 8 | 1 << 15
    private static let absentButtons: UInt32 = 1 << 4 | 1 << 5
    private static let noVGA: UInt16 = 1 << 2
    private static let noRTC: UInt16 = 1 << 5
    /// Ports of the PM1a event and control blocks and the timer, and GPE block 0
    /// (`ACPI_*_ADDRESS_V1` in `xen/hvm/ioreq.h`).
    private static let eventPort: UInt32 = 0xB000
    private static let controlPort: UInt32 = 0xB004
    private static let timerPort: UInt32 = 0xB008
    private static let generalEventPort: UInt32 = 0xAFE0

    /// Revision 5, which XSDT names.
    var table: ACPITable {
        ACPITable(
            signature: "FACP", revision: 5,
            body: legacyBody(timerPort: 0, timerLength: 0, boot: Self.noVGA | Self.noRTC, flags: Self.absentButtons)
                + extendedBody)
    }

    /// Revision 1, which RSDT names for systems that know no other. Upstream takes it from the same template
    /// before the guest's features are applied, so it keeps the timer.
    var compatibleTable: ACPITable {
        ACPITable(
            signature: "FACP", revision: 1,
            body: legacyBody(timerPort: Self.timerPort, timerLength: 4, boot: 0, flags: 0))
    }

    private func legacyBody(timerPort: UInt32, timerLength: UInt8, boot: UInt16, flags: UInt32) -> [UInt8] {
        let interrupt: UInt16 = 9
        let noSleepState: UInt16 = 0x0FFF
        var bytes = littleEndian(facs) + littleEndian(dsdt) + [0, 0] + littleEndian(interrupt)
        bytes += littleEndian(UInt32(0)) + [0, 0, 0, 0]
        for port in [Self.eventPort, 0, Self.controlPort, 0, 0, timerPort, Self.generalEventPort, 0] {
            bytes += littleEndian(port)
        }
        bytes += [4, 2, 0, timerLength, 4, 0, 0, 0]
        bytes += littleEndian(noSleepState) + littleEndian(noSleepState) + littleEndian(UInt32(0))
        bytes += [0, 0, 0, 0, 0] + littleEndian(boot) + [0] + littleEndian(Self.flags | flags)
        return bytes
    }

    private var extendedBody: [UInt8] {
        let none = Self.address(bits: 0, port: 0, space: 0)
        var bytes = Self.address(bits: 8, port: 0xCF9) + [6, 0, 0, 0]
        bytes += littleEndian(UInt64(facs)) + littleEndian(UInt64(dsdt))
        bytes += Self.address(bits: 32, port: UInt64(Self.eventPort)) + none
        bytes += Self.address(bits: 16, port: UInt64(Self.controlPort)) + none
        return bytes + none + none + none + none + none + none
    }

    /// A Generic Address Structure in I/O space.
    private static func address(bits: UInt8, port: UInt64, space: UInt8 = 1) -> [UInt8] {
        [space, bits, 0, 0] + littleEndian(port)
    }
}

/// Guest memory from `base` on that tables are placed in one after the other.
private struct TableSpace {
    let base: UInt64
    private var contents: [UInt8] = []

    init(base: UInt64) { self.base = base }

    /// - Returns: the guest-physical address of the table.
    mutating func place(_ table: [UInt8], alignment: Int = 16) -> UInt32 {
        let start = (contents.count + alignment - 1) / alignment * alignment
        contents += [UInt8](repeating: 0, count: start - contents.count) + table
        return UInt32(truncatingIfNeeded: base + UInt64(start))
    }

    var wholePages: [UInt8] {
        let page = Int(GuestLayout.pageSize)
        return contents + [UInt8](repeating: 0, count: (page - contents.count % page) % page)
    }
}
