import CXen
import Glibc
import Logging
import Synchronization
import Testing
import XenTypes

@testable import XenControl

@Suite struct HypervisorErrorTests {
    @Test func saysWhatAndWhy() {
        let error = HypervisorError("pause", DomainID(7), code: ESRCH)
        #expect(error.description == "cannot pause domain 7: No such process; there is no such domain")
        #expect(error.isNoSuchDomain)
        #expect(!error.isNoHypervisor)
    }

    @Test func carriesLibxcsWords() {
        let error = HypervisorError("load the kernel /boot/x", code: EINVAL, detail: "no loader found")
        #expect(error.description == "cannot load the kernel /boot/x: no loader found (Invalid argument)")
        let own = HypervisorError("dump the core of", DomainID(7), code: 0, detail: "p2m_size < nr_pages")
        #expect(own.description == "cannot dump the core of domain 7: p2m_size < nr_pages")
    }

    @Test(arguments: [
        (
            "panic: xg_dom_core.c:689: xc_dom_find_loader: no loader found: Invalid kernel",
            "xc_dom_find_loader: no loader found"
        ),
        (
            "Failed to obtain policy info size (3 = No such process): Internal error",
            "Failed to obtain policy info size (3 = No such process)"
        ),
        ("panic: something else", "panic: something else"), ("plain", "plain"), ("panic: a.c:12", "panic: a.c:12"),
    ])
    func dropsTheLibrarysDecoration(_ line: String, _ message: String) {
        #expect(HypervisorError.message(in: line) == message)
    }

    @Test(arguments: [(ENOENT, "/dev/xen/privcmd"), (EACCES, "root")])
    func saysWhyThereIsNoHypervisor(_ code: Int32, _ word: String) {
        let error = HypervisorError(HypervisorError.openOperation, code: code)
        #expect(error.isNoHypervisor)
        #expect(error.description.contains(word))
    }

    @Test(arguments: [(XenRelease(4, 23), "newer version"), (XenRelease(4, 16), "too old")])
    func namesBothReleases(_ found: XenRelease, _ advice: String) {
        for error in [HypervisorError.unknownRelease(found), .missingLibrary(running: found)] {
            #expect(error.isNoHypervisor)
            #expect(
                error.description.contains(
                    "this program was built for Xen 4.17 to 4.22, and the hypervisor is Xen \(found); "))
            #expect(error.description.contains(advice))
        }
    }

    @Test func namesTheMissingLibrary() {
        let error = HypervisorError.missingLibrary(running: XenRelease(4, 20))
        #expect(error.isNoHypervisor)
        #expect(error.description.contains("libxenctrl.so.4.20 is not here"))
        #expect(error.description.hasSuffix("(in Debian: libxenmisc4.20)"))
        #expect(HypervisorError.missingLibrary(running: nil).description.contains("/dev/xen/privcmd"))
    }

    @Test func tellsAnotherReleaseFromAMissingRight() {
        #expect(HypervisorError("pause", DomainID(1), code: EACCES).description.contains("release"))
        #expect(HypervisorError("pause", DomainID(1), code: EPERM).description.contains("control domain"))
    }
}

@Suite struct DomainInfoTests {
    @Test func separatesFlagsAndShutdownReason() {
        var raw = xc_domaininfo_t()
        raw.domain = 12
        raw.flags = UInt32(XEN_DOMINF_shutdown | XEN_DOMINF_paused) | 3 << 16
        raw.max_vcpu_id = UInt32.max
        raw.handle.0 = 0xAB
        let info = DomainInfo(raw)
        #expect(info.domain == DomainID(12))
        #expect(info.flags == [.shutdown, .paused])
        #expect(info.shutdownReason == .crash)
        #expect(info.maximumVCPUID == nil)
        #expect(info.uuid.description.hasPrefix("ab000000-"))
    }

    @Test func hasNoReasonWhileItRuns() {
        var raw = xc_domaininfo_t()
        raw.flags = UInt32(XEN_DOMINF_running) | 0xFFFF_0000
        #expect(DomainInfo(raw).shutdownReason == nil)
        #expect(DomainInfo(raw).flags == .running)
    }
}

@Suite struct DomainCreationTests {
    private var creation: DomainCreation {
        var creation = DomainCreation()
        creation.ssidref = 9
        creation.uuid = XenUUID("00112233-4455-6677-8899-aabbccddeeff") ?? .zero
        creation.flags = [.hvm, .hap, .vpmu]
        creation.iommuOptions = .noSharedPageTables
        creation.maximumVCPUs = 4
        creation.maximumEventChannelPort = 1023
        creation.maximumGrantFrames = 64
        creation.maximumMaptrackFrames = nil
        creation.maximumGrantVersion = 1
        creation.vmtraceSize = 4096
        creation.cpupool = 2
        creation.emulation = [.lapic, .usePIRQ]
        creation.miscFlags = .msrRelaxed
        creation.altp2mMode = 3
        creation.altp2mCount = 12
        return creation
    }

    /// As `xen/include/public/domctl.h` of each release has the structure.
    @Test(
        arguments: [
            (17, []), (18, []), (19, [3]), (20, [3]), (21, [12 << 16 | 3]), (22, [12 << 16 | 3]),
        ] as [(UInt16, [UInt32])])
    func writesEachReleasesStructure(_ minor: UInt16, _ altp2m: [UInt32]) {
        let words = creation.words(for: XenRelease(4, minor))
        let uuid: [UInt32] = [0x3322_1100, 0x7766_5544, 0xBBAA_9988, 0xFFEE_DDCC]
        #expect(words == [9] + uuid + [0x83, 1, 4, 1023, 64, UInt32.max, 1] + altp2m + [4096, 2, 0x201, 1])
        var without = creation
        without.altp2mMode = 0
        #expect(without.words(for: XenRelease(4, minor)).dropFirst(12).prefix(altp2m.count).allSatisfy { $0 == 0 })
    }

    /// Whichever release they are of: one of those that are known.
    @Test func theHeadersHereHaveOneOfThoseStructures() {
        let hasAltp2m = MemoryLayout<xen_domctl_createdomain>.size == 68
        let words = creation.words(for: XenRelease(4, hasAltp2m ? 20 : 17))
        #expect(MemoryLayout<xen_domctl_createdomain>.size == words.count * 4)
        let raw = words.withUnsafeBytes { $0.load(as: xen_domctl_createdomain.self) }
        #expect(raw.ssidref == 9)
        #expect(raw.handle.0 == 0 && raw.handle.15 == 0xFF)
        #expect(raw.flags == UInt32(XEN_DOMCTL_CDF_vpmu) | 3)
        #expect(raw.iommu_opts == 1)
        #expect(raw.max_vcpus == 4 && raw.max_evtchn_port == 1023)
        #expect(raw.max_grant_frames == 64 && raw.max_maptrack_frames == -1)
        #expect(raw.grant_opts == 1 && raw.vmtrace_size == 4096 && raw.cpupool_id == 2)
        #expect(raw.arch.emulation_flags == 0x201 && raw.arch.misc_flags == 1)
    }

    @Test func emulationFlagsAreTheHeaders() {
        let all: UInt32 = 0x7FF  // XEN_X86_EMU_ALL in xen/arch-x86/xen.h
        #expect(EmulationFlags.all.rawValue == all)
    }
}

@Suite struct MemoryRegionTests {
    @Test func survivesThePackedStructure() {
        let region = MemoryRegion(start: 0x1_0000_0000, size: 0x1234, kind: .reserved)
        #expect(MemoryLayout<e820entry>.stride == 20)
        #expect(MemoryRegion(region.raw) == region)
    }
}

@Suite struct ToolLoggerTests {
    @Test func mapsLevels() {
        #expect(ToolLogger.level(Int32(bitPattern: XTL_ERROR.rawValue)) == .debug)
        #expect(ToolLogger.level(Int32(bitPattern: XTL_WARN.rawValue)) == .warning)
        #expect(ToolLogger.level(Int32(bitPattern: XTL_NONE.rawValue)) == .trace)
        for level in Logger.Level.allCases {
            let minimum = ToolLogger.minimum(for: level)
            for other in 1..<Int32(bitPattern: XTL_NUM_LEVELS.rawValue) where other < minimum {
                #expect(ToolLogger.level(other) < level)
            }
        }
    }
}

@Suite struct CPUPolicyTests {
    @Test func refusesPoliciesOfTheWrongLength() {
        var policy = CPUPolicy()
        policy.cpuid = [CPUIDOverride(leaf: 1, policy: ["x", nil, nil, nil])]
        #expect(throws: HypervisorError.self) { try Hypervisor().applyCPUPolicy(policy, to: DomainID(1)) }
        policy.cpuid = []
        policy.msrs = [MSROverride(index: 0x10A, policy: "x")]
        #expect(throws: HypervisorError.self) { try Hypervisor().applyCPUPolicy(policy, to: DomainID(1)) }
    }
}

@Suite struct HVMInfoTests {
    @Test func sumsUpToZero() {
        var table = hvm_info_table()
        table.length = UInt32(MemoryLayout<hvm_info_table>.size)
        table.low_mem_pgend = 0x12345
        table.describeProcessors(hasAPIC: true, count: 17, online: [0, 1, 9, 500])
        #expect(table.apic_mode == 1 && table.nr_vcpus == 17 && table.low_mem_pgend == 0x12345)
        #expect(table.vcpu_online.0 == 3 && table.vcpu_online.1 == 2 && table.vcpu_online.2 == 0)
        #expect(withUnsafeBytes(of: table) { $0.reduce(0 as UInt8, &+) } == 0)
    }
}
