import Testing
import XenTypes

@testable import XenToolstack

/// The tables against those that upstream's libacpi (4.17.7, as built by Debian 12) makes of the same values.
@Suite struct ACPITablesTests {
    private static let base = 0xFC00_1000

    private func tables(vcpus: Int, online: Int? = nil, apic: Bool = true, numa: ACPINUMA? = nil) -> ACPITables {
        ACPITables(
            ACPIDescription(
                maximumVCPUs: vcpus, onlineVCPUs: Bitmap(0..<(online ?? vcpus)), hasLocalAPIC: apic, numa: numa))
    }

    /// Follows the root pointer as a guest does, checking every length and checksum on the way.
    private func walk(_ tables: ACPITables) throws -> [String: [UInt8]] {
        let pointer = tables.rootPointer
        #expect(pointer.count == 64 && Array(pointer.prefix(8)) == Array("RSD PTR ".utf8))
        #expect(sum(pointer.prefix(20)) == 0 && sum(pointer.prefix(36)) == 0)
        func table(at address: Int, checked: Bool = true) throws -> [UInt8] {
            let start = address - Self.base
            try #require(start >= 0 && start + 36 <= tables.tables.count && start % 16 == 0)
            let length = number(tables.tables, at: start + 4, bytes: 4)
            try #require(start + length <= tables.tables.count)
            let bytes = Array(tables.tables[start..<start + length])
            #expect(!checked || sum(bytes) == 0)
            return bytes
        }
        var found: [String: [UInt8]] = [:]
        for (root, width) in [(number(pointer, at: 16, bytes: 4), 4), (number(pointer, at: 24, bytes: 8), 8)] {
            let list = try table(at: root)
            for offset in stride(from: 36, to: list.count, by: width) {
                let entry = try table(at: number(list, at: offset, bytes: width))
                let name = String(decoding: entry.prefix(4), as: UTF8.self)
                found[name == "FACP" ? "FACP\(entry[8])" : name] = entry
            }
        }
        let fadt = try #require(found["FACP5"])
        #expect(number(fadt, at: 40, bytes: 4) == number(fadt, at: 140, bytes: 8))
        found["DSDT"] = try table(at: number(fadt, at: 40, bytes: 4))
        found["FACS"] = try table(at: number(fadt, at: 36, bytes: 4), checked: false)
        return found
    }

    private func sum(_ bytes: some Sequence<UInt8>) -> UInt8 { bytes.reduce(0, &+) }

    private func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> Int {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// FNV-1a, 64 bits.
    private func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test func equalUpstreamForFourVCPUsOfWhichTwoAreOnline() throws {
        let tables = tables(vcpus: 4, online: 2)
        let found = try walk(tables)
        #expect(found.keys.sorted() == ["APIC", "DSDT", "FACP1", "FACP5", "FACS"])
        #expect(digest(found["FACP5"] ?? []) == 0x9015_41E3_870F_3175)
        #expect(digest(found["FACP1"] ?? []) == 0xE0D5_6F2E_7D76_668B)
        #expect(digest(found["APIC"] ?? []) == 0x3ABE_9B89_21E1_4E6F)
        #expect(digest(found["FACS"] ?? []) == 0x5CFE_6109_E1D4_9107)
        #expect(digest(tables.information.prefix(40)) == 0xF64B_1A8D_8946_4DAC)
        // After the header, which names the compiler.
        #expect(found["DSDT"]?.count == 27803)
        #expect(digest(found["DSDT"]?.dropFirst(36) ?? []) == 0x4E4F_E7EC_044B_75B9)
    }

    @Test(arguments: [1, 2, 15, 16, 64, 128]) func listsEveryLocalAPIC(vcpus: Int) throws {
        let tables = tables(vcpus: vcpus)
        let madt = try #require(try walk(tables)["APIC"])
        #expect(madt.count == 44 + 8 * vcpus)
        #expect(number(madt, at: 36, bytes: 4) == 0xFEE0_0000)
        for cpu in 0..<vcpus {
            #expect(Array(madt[(44 + 8 * cpu)...].prefix(8)) == [0, 8, UInt8(cpu), UInt8(cpu * 2), 1, 0, 0, 0])
        }
        // What the DSDT's methods read: vCPUs, the table's checksum, its first entry.
        let start = number(tables.information, at: 16, bytes: 4) - 44 - Self.base
        #expect(number(tables.information, at: 2, bytes: 2) == vcpus)
        #expect(number(tables.information, at: 12, bytes: 4) == Self.base + start + 9)
        #expect(Array(tables.tables[start...].prefix(4)) == Array("APIC".utf8))
        #expect(tables.tables.count % 4096 == 0 && tables.tables.count <= ACPITables.maximumPages * 4096)
    }

    @Test func hasNoMADTWithoutLocalAPIC() throws {
        #expect(try walk(tables(vcpus: 1, apic: false))["APIC"] == nil)
        #expect(try walk(tables(vcpus: 2, apic: false))["APIC"] != nil)
    }

    @Test func describesVirtualNUMA() throws {
        let found = try walk(
            tables(
                vcpus: 2,
                numa: ACPINUMA(
                    nodeCount: 2, nodeOfVCPU: [0, 1],
                    ranges: [
                        VirtualMemoryRange(start: 0, end: 0x4000_0000, node: 0),
                        VirtualMemoryRange(start: 0x4000_0000, end: 0x6000_0000, node: 1),
                    ], distances: [10, 20, 20, 10])))
        let srat = try #require(found["SRAT"])
        #expect(srat.count == 48 + 2 * 16 + 2 * 40)
        #expect(Array(srat[64..<72]) == [0, 16, 1, 2, 1, 0, 0, 0])
        #expect(number(srat, at: 120 + 2, bytes: 4) == 1)
        #expect(number(srat, at: 120 + 8, bytes: 8) == 0x4000_0000)
        #expect(number(srat, at: 120 + 16, bytes: 8) == 0x2000_0000)
        #expect(Array(try #require(found["SLIT"])[36...]) == [2, 0, 0, 0, 0, 0, 0, 0, 10, 20, 20, 10])
    }

    @Test func placesTheRootPointerWhereTheKernelLooks() {
        let tables = tables(vcpus: 1)
        #expect(tables.rootPointerAddress(isUnrestricted: true) == 0xFC00_1000 + UInt64(tables.tables.count))
        #expect(tables.rootPointerAddress(isUnrestricted: false) == 0xF_FFC0)
    }

    @Test func encodesLengthsAndNamesOfAML() {
        #expect(AML.scope("_SB", []).bytes == [0x10, 5] + Array("_SB_".utf8))
        let long = AML.buffer([UInt8](repeating: 7, count: 70)).bytes
        #expect(Array(long.prefix(5)) == [0x11, 0x4A, 0x04, 0x0A, 70] && long.count == 1 + 74)
        #expect(AML.name("\\_SB.PRSC").bytes == [0x5C, 0x2E] + Array("_SB_PRSC".utf8))
        #expect(AML.name("^^A.B.C").bytes == [0x5E, 0x5E, 0x2F, 3] + Array("A___B___C___".utf8))
        #expect(
            [0, 1, 2, 255, 256, 65535, 65536].map { AML.integer($0).bytes.count } == [1, 1, 2, 2, 3, 3, 5])
    }
}
