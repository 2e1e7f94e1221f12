/// The names that `cpuid=` knows for bits of CPUID leaves and of one MSR.
///
/// Bits that Xen's toolstack knows by a flag of its own are those of `xen/arch-x86/cpufeatureset.h`, up to Xen 4.22;
/// the fields and older names are those of `xl.cfg(5)`.
enum CPUIDFeatures {
    enum Register: Int, Hashable, Sendable, CaseIterable {
        case eax, ebx, ecx, edx
    }

    /// Where a value stands.
    enum Place: Hashable, Sendable {
        case leaf(UInt32, subleaf: UInt32?, Register)
        case msr(UInt32)
    }

    /// Some bits of a register or an MSR.
    struct Field: Hashable, Sendable {
        var place: Place
        var lowestBit: Int
        var width: Int
        var layout = Layout.plain

        enum Layout: Hashable, Sendable {
            case plain
            /// Leaf 1's family: beyond 15, the rest goes to bits 20 to 27.
            case family
            /// Leaf 1's model: its upper half goes to bits 16 to 19.
            case model
        }
    }

    /// The field of a name. Older names come first, as upstream looks them up: `clflush` is the size, not the flag.
    static func field(named name: String) -> Field? { fields[name] ?? flags[name] }

    /// All names, in alphabetical order.
    static let names: [String] = Set(fields.keys).union(flags.keys).sorted()

    /// The name of each single bit.
    static let nameOfBit: [Field: String] = {
        var names: [Field: String] = [:]
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) where field.width == 1 { names[field] = name }
        for (name, field) in flags where fields[name] == nil { names[field] = name }
        return names
    }()

    /// The fields of several bits by the register that they are in, highest field first.
    static let wideFields: [Place: [(name: String, field: Field)]] = {
        let wide = fields.filter { $0.value.width > 1 }.map { (name: $0.key, field: $0.value) }
        return Dictionary(grouping: wide) { $0.field.place }
            .mapValues { $0.sorted { $0.field.lowestBit > $1.field.lowestBit } }
    }()

    private static let flags: [String: Field] = {
        var flags: [String: Field] = [:]
        for (place, lowestBit, names) in words {
            for (bit, name) in names.split(separator: " ").enumerated() where name != "-" {
                flags[String(name)] = Field(place: place, lowestBit: lowestBit + bit, width: 1)
            }
        }
        return flags
    }()

    /// `IA32_ARCH_CAPABILITIES`.
    private static let archCapabilities: UInt32 = 0x10A

    /// The names of consecutive bits from the given one upwards; `-` for a bit without a name.
    private static let words: [(Place, lowestBit: Int, names: String)] = [
        (
            .leaf(1, subleaf: nil, .edx), 0,
            """
            fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 - clflush - ds acpi mmx fxsr sse \
            sse2 ss htt tm1 - pbe
            """
        ),
        (
            .leaf(1, subleaf: nil, .ecx), 0,
            """
            sse3 pclmulqdq dtes64 monitor dscpl vmx smx eist tm2 ssse3 - sdbg fma cx16 xtpr pdcm - pcid dca sse4-1 \
            sse4-2 x2apic movbe popcnt tsc-deadline aesni xsave osxsave avx f16c rdrand hypervisor
            """
        ),
        (
            .leaf(0x8000_0001, subleaf: nil, .edx), 11,
            "syscall - - - - - - - - nx - mmxext - - ffxsr page1gb rdtscp - lm 3dnowext 3dnow"
        ),
        (
            .leaf(0x8000_0001, subleaf: nil, .ecx), 0,
            """
            lahf-lm cmp-legacy svm extapic cr8-legacy abm sse4a misalignsse 3dnowprefetch osvw ibs xop skinit wdt - lwp \
            fma4 - - nodeid-msr - tbm topoext - - - dbext - - monitorx addr-msk-ext
            """
        ),
        (.leaf(0xD, subleaf: 1, .eax), 0, "xsaveopt xsavec xgetbv1 xsaves xfd"),
        (
            .leaf(7, subleaf: 0, .ebx), 0,
            """
            fsgsbase tsc-adjust sgx bmi1 hle avx2 fdp-excp-only smep bmi2 erms invpcid rtm pqm no-fpu-sel mpx pqe \
            avx512f avx512dq rdseed adx smap avx512-ifma - clflushopt clwb proc-trace avx512pf avx512er avx512cd sha \
            avx512bw avx512vl
            """
        ),
        (
            .leaf(7, subleaf: 0, .ecx), 0,
            """
            prefetchwt1 avx512-vbmi umip pku ospke waitpkg avx512-vbmi2 cet-ss gfni vaes vpclmulqdq avx512-vnni \
            avx512-bitalg tme avx512-vpopcntdq - la57 - - - - - rdpid - bld cldemote - movdiri movdir64b enqcmd sgx-lc \
            pks
            """
        ),
        (.leaf(0x8000_0007, subleaf: nil, .edx), 7, "hw-pstate itsc cpb efro"),
        (
            .leaf(0x8000_0008, subleaf: nil, .ebx), 0,
            """
            clzero - rstr-fp-err-ptrs - - - - - - wbnoinvd - - ibpb - ibrs amd-stibp ibrs-always stibp-always ibrs-fast \
            ibrs-same-mode no-lmsl - - amd-ppin amd-ssbd virt-ssbd ssb-no cppc psfd btc-no ibpb-ret
            """
        ),
        (
            .leaf(7, subleaf: 0, .edx), 0,
            """
            - sgx-keys avx512-4vnniw avx512-4fmaps fsrm uintr - - avx512-vp2intersect srbds-ctrl md-clear \
            rtm-always-abort - tsx-force-abort serialize hybrid tsxldtrk - pconfig arch-lbr cet-ibt - amx-bf16 \
            avx512-fp16 amx-tile amx-int8 ibrsb stibp l1d-flush arch-caps core-caps ssbd
            """
        ),
        (
            .leaf(7, subleaf: 1, .eax), 0,
            """
            sha512 sm3 sm4 - avx-vnni avx512-bf16 lass cmpccxadd arch-perf-mon - fzrm fsrs fsrcs - - - - fred lkgs \
            wrmsrns nmi-src amx-fp16 - avx-ifma - - lam msrlist - - no-invd
            """
        ),
        (
            .leaf(0x8000_0021, subleaf: nil, .eax), 0,
            """
            no-nest-bp fs-gs-ns lfence-dispatch - - verw-clear nscb - auto-ibrs - amd-fsrs amd-fsrc - - - - - \
            cpuid-user-dis epsf fsrsc amd-prefetchi - - avx512-bmm - - - sbpb ibpb-brtype srso-no srso-us-no \
            srso-msr-fix
            """
        ),
        (.leaf(7, subleaf: 1, .ebx), 0, "intel-ppin"),
        (.leaf(7, subleaf: 2, .edx), 0, "intel-psfd ipred-ctrl rrsba-ctrl ddp-ctrl bhi-ctrl mcdt-no uc-lock-dis"),
        (
            .leaf(7, subleaf: 1, .edx), 4,
            "avx-vnni-int8 avx-ne-convert - - amx-complex - avx-vnni-int16 - - - prefetchi - - uiret-uif cet-sss"
        ),
        (.leaf(7, subleaf: 1, .edx), 24, "slsm"),
        (
            .msr(archCapabilities), 0,
            """
            rdcl-no eibrs rsba skip-l1dfl intel-ssb-no mds-no if-pschange-mc-no tsx-ctrl taa-no mcu-ctrl misc-pkg-ctrl \
            energy-filtering doitm sbdr-ssdp-no fbsdp-no psdp-no mcu-ext fb-clear fb-clear-ctrl rrsba bhi-no \
            xapic-status - ovrclk-status pbrsb-no gds-ctrl gds-no rfds-no rfds-clear ign-umonitor mon-umon-mitg
            """
        ),
        (.msr(archCapabilities), 32, "pb-opt-ctrl"),
        (.msr(archCapabilities), 62, "its-no"),
        (.leaf(0x8000_0021, subleaf: nil, .ecx), 1, "tsa-sq-no tsa-l1-no"),
    ]

    /// Fields of several bits, and older names of single ones.
    private static let fields: [String: Field] = {
        var fields: [String: Field] = [:]
        for (leaf, subleaf, register, entries) in fieldTable {
            for (name, lowestBit, width) in entries {
                fields[name] = Field(
                    place: .leaf(leaf, subleaf: subleaf, register), lowestBit: lowestBit, width: width)
            }
        }
        fields["family"]?.layout = .family
        fields["model"]?.layout = .model
        return fields
    }()

    private static let fieldTable: [(UInt32, UInt32?, Register, [(String, lowestBit: Int, width: Int)])] = [
        (0, nil, .eax, [("maxleaf", 0, 32)]),
        (1, nil, .eax, [("stepping", 0, 4), ("model", 4, 8), ("family", 8, 8)]),
        (1, nil, .ebx, [("brandid", 0, 8), ("clflush", 8, 8), ("proccount", 16, 8), ("localapicid", 24, 8)]),
        (
            1, nil, .ecx,
            [
                ("est", 7, 1), ("cntxid", 10, 1), ("cmpxchg16", 13, 1), ("sse4_1", 19, 1), ("sse4.1", 19, 1),
                ("sse4_2", 20, 1), ("sse4.2", 20, 1), ("aes", 25, 1),
            ]
        ),
        (
            1, nil, .edx,
            [
                ("cmpxchg8", 8, 1), ("sysenter", 11, 1), ("psn", 18, 1), ("clfsh", 19, 1), ("tm", 29, 1),
                ("ia64", 30, 1), ("pbe", 31, 1),
            ]
        ),
        (6, nil, .eax, [("arat", 2, 1)]),
        (7, 0, .ebx, [("tsc_adjust", 1, 1), ("cmt", 12, 1)]),
        (
            0x8000_0001, nil, .ecx,
            [
                ("lahfsahf", 0, 1), ("cmplegacy", 1, 1), ("altmovcr8", 4, 1), ("nodeid", 19, 1),
                ("perfctr_core", 23, 1), ("perfctr_nb", 24, 1),
            ]
        ),
        (4, 0, .eax, [("procpkg", 26, 6)]),
        (0x8000_0007, nil, .edx, [("invtsc", 8, 1)]),
        (0x8000_0008, nil, .ebx, [("ppin", 23, 1), ("btc-no", 29, 1)]),
        (0x8000_0008, nil, .ecx, [("nc", 0, 8), ("apicidsize", 12, 4)]),
        (
            0x8000_000A, nil, .edx,
            [
                ("svm_npt", 0, 1), ("svm_lbrv", 1, 1), ("svm_nrips", 3, 1), ("svm_tscrate", 4, 1),
                ("svm_vmcbclean", 5, 1), ("svm_decode", 7, 1), ("svm_pausefilt", 10, 1),
            ]
        ),
        (0x8000_0021, nil, .eax, [("lfence+", 2, 1)]),
        (0x4000_0000, nil, .eax, [("maxhvleaf", 0, 8)]),
    ]
}
