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

    @Test func namesBothReleases() {
        let (built, found) = (XenRelease(4, 17), XenRelease(4, 20))
        let other = "this program was built for Xen 4.17 and the hypervisor is Xen 4.20; "
        #expect(HypervisorError.otherRelease(found, built: built).description.contains(other))
        #expect(HypervisorError.missingLibrary(running: found, built: built).description.contains(other))
        for running in [nil, built] {
            let error = HypervisorError.missingLibrary(running: running, built: built)
            #expect(error.isNoHypervisor)
            #expect(error.description.contains("libxenctrl.so.4.17 is not here"))
            #expect(error.description.hasSuffix("(in Debian: libxenmisc4.17)"))
        }
    }

    /// Its library's name has the release in it, which the headers do not spell out.
    @Test func theReleaseOfTheHeadersIsThatOfTheLibrary() throws {
        let handle = try #require(dlopen("libxenctrl.so.\(XenRelease.built)", RTLD_LAZY))
        defer { dlclose(handle) }
        #expect(dlsym(handle, "xc_interface_open") != nil)
        #expect((XenRelease(4, 17)...XenRelease(4, 22)).contains(.built))
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
    @Test func fillsEveryField() {
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
        let raw = creation.raw
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
