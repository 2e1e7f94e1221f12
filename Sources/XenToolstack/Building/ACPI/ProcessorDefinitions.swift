/// The DSDT of a PVH guest: processor objects whose presence follows the MADT, and the handler that
/// announces a change of it.
///
/// The names, the layout of the information page and the order are those of `tools/libacpi` (`mk_dsdt.c`,
/// `dsdt_acpi_info.asl`), so that a guest that is saved under one toolstack and restored under the other
/// finds what it knew.
enum ProcessorDefinitions {
    /// Processor objects that are always defined (`HVM_MAX_VCPUS` in `xen/hvm/hvm_info_table.h`);
    /// those beyond the guest's own report themselves absent.
    static let count = 128

    /// Definitions in AML, without the table's header.
    static var aml: [UInt8] {
        [AML.scope("_SB", [informationRegion, informationField]), processorScope, eventScope].flatMap(\.bytes)
    }

    /// The page that the toolstack fills and the methods read, see `ACPITables.information`.
    private static var informationRegion: AML {
        .region(
            "BIOS", .systemMemory, offset: .integer(UInt32(GuestLayout.acpiInformationAddress)),
            length: UInt32(ACPITables.informationLength))
    }

    private static var informationField: AML {
        .field(
            of: "BIOS",
            [
                .named("UAR1", bits: 1), .named("UAR2", bits: 1), .named("LTP1", bits: 1), .named("HPET", bits: 1),
                .skipped(bits: 12), .named("NCPU", bits: 16), .named("PMIN", bits: 32), .named("PLEN", bits: 32),
                .named("MSUA", bits: 32), .named("MAPA", bits: 32), .named("VGIA", bits: 32),
                .named("LMIN", bits: 32), .named("HMIN", bits: 32), .named("LLEN", bits: 32),
                .named("HLEN", bits: 32),
            ])
    }

    private static var processorScope: AML {
        let helpers: [AML] = [
            .region("MSUM", .systemMemory, offset: .name("MSUA"), length: 1),
            .field(of: "MSUM", [.named("MSU", bits: 8)]),
            .method(
                "PMAT", arguments: 2,
                [
                    .when(.isLess(.argument0, .name("NCPU")), [.return(.toBuffer(.argument1))]),
                    .return(.buffer([0, 8, 0xFF, 0xFF, 0, 0, 0, 0])),
                ]),
        ]
        let hotplug: [AML] = [
            .region("PRST", .systemIO, offset: .integer(0xAF00), length: UInt32(count / 8)),
            .field(of: "PRST", [.named("PRS", bits: count)]),
            .method("PRSC", [.store(.toBuffer(.name("PRS")), .local0)] + announcements + [.return(.integer(1))]),
        ]
        return .scope("_SB", helpers + (0..<UInt32(count)).map(processor) + hotplug)
    }

    /// GPE 2 announces that the online bitmap changed.
    private static var eventScope: AML { .scope("_GPE", [.method("_E02", [.call("\\_SB.PRSC")])]) }

    private static func objectName(_ cpu: UInt32) -> String {
        let digits = Array("0123456789ABCDEF")
        return "PR" + String([digits[Int(cpu >> 4 & 0xF)], digits[Int(cpu & 0xF)]])
    }

    /// One processor; `MATR` is its local APIC entry in the MADT, whose enabled flag says whether it is there.
    private static func processor(_ cpu: UInt32) -> AML {
        let present: AML = .when(.name("FLG"), [.return(.integer(0x0F))])
        let entry: AML = cpu == 0 ? .toBuffer(.name("MAT")) : .call("PMAT", .integer(cpu), .name("MAT"))
        let guarded: AML = cpu == 0 ? present : .when(.isLess(.integer(cpu), .name("NCPU")), [present])
        return .processor(
            objectName(cpu), id: UInt8(cpu), block: 0xB010, blockLength: 6,
            [
                .define("_HID", .string("ACPI0007")),
                .define("_UID", .integer(cpu)),
                .region("MATR", .systemMemory, offset: .add(.name("MAPA"), .integer(cpu * 8)), length: 8),
                .field(of: "MATR", [.named("MAT", bits: 64)]),
                .field(of: "MATR", [.skipped(bits: 32), .named("FLG", bits: 1)]),
                .method("_MAT", [.return(entry)]),
                .method("_STA", [guarded, .return(.integer(0))]),
                .method("_EJ0", arguments: 1, [.sleep(milliseconds: 200)]),
            ])
    }

    /// For every processor: when its bit of the online bitmap and its MADT entry disagree, correct the entry
    /// and the table's checksum, and notify the guest.
    private static var announcements: [AML] {
        (0..<UInt32(count)).flatMap { cpu -> [AML] in
            let flag = AML.name("^\(objectName(cpu)).FLG")
            let checksum = AML.name("MSU")
            let nextBit: AML =
                cpu % 8 == 0
                ? .store(.element(of: .local0, cpu / 8), .local1) : .shiftRight(.local1, 1, .local1)
            return [
                nextBit, .and(.local1, .integer(1), .local2),
                .when(
                    .isNotEqual(.local2, flag),
                    [
                        .store(.local2, flag),
                        .when(
                            .isEqual(.local2, .integer(1)),
                            [.notify(objectName(cpu), 1), .subtract(checksum, .integer(1), checksum)]),
                        .otherwise([.notify(objectName(cpu), 3), .add(checksum, .integer(1), checksum)]),
                    ]),
            ]
        }
    }
}
