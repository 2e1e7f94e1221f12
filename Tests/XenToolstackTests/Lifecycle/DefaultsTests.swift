import DomainModel
import Testing
import XenControl
import XenStore
import XenTypes

@testable import XenToolstack

@Suite struct DefaultsTests {
    private func configuration(_ type: DomainType, _ change: (inout DomainConfiguration) -> Void = { _ in })
        -> DomainConfiguration
    {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = type
        configuration.createInfo.name = "guest"
        configuration.createInfo.uuid = XenUUID("a0d5ae6c-0c5c-4ffd-b2b5-6ba0ba0f2b5e")
        configuration.buildInfo.type = type
        configuration.buildInfo.maxMemKB = 98304
        configuration.buildInfo.maxVCPUs = 1
        change(&configuration)
        return configuration
    }

    private func completed(
        _ type: DomainType, on host: HostCapabilities = HostCapabilities(),
        _ change: (inout DomainConfiguration) -> Void = { _ in }
    ) throws -> DomainConfiguration {
        try ConfigurationDefaults.apply(to: configuration(type, change), on: host).configuration
    }

    @Test func givesPVGuestsUpstreamsDefaults() throws {
        let build = try completed(.pv).buildInfo
        #expect(build.maxVCPUs == 1 && build.availableVCPUs == [0])
        #expect(build.targetMemKB == 98304)
        // 4 KiB times (256 pages a vCPU and one a MiB): PV counts as shadowed.
        #expect(build.shadowMemKB == 4 * (256 + 96))
        #expect(build.iommuMemKB == 0 && build.videoMemKB == 0)
        #expect(build.eventChannels == 1023 && build.maxGrantVersion == 2)
        #expect(build.blockDeviceStart == "xvda")
        #expect(build.numaPlacement == true && build.claimMode == false)
    }

    @Test func followsTheHost() throws {
        var host = HostCapabilities()
        host.hap = false
        host.grantTableV2 = false
        let configuration = try completed(.pvh, on: host)
        #expect(configuration.createInfo.hap == false)
        #expect(configuration.buildInfo.shadowMemKB == 4 * (256 + 2 * 96))
        #expect(configuration.buildInfo.maxGrantVersion == 1)
        host.shadow = false
        #expect(throws: ToolstackError.self) { try completed(.pvh, on: host) }
        #expect(try completed(.pv, on: host).createInfo.hap == nil)
    }

    @Test func completesTheShim() throws {
        let pvh = try completed(.pvh) { $0.buildInfo.pvh?.pvShim = true }.buildInfo.pvh
        #expect(pvh?.pvShimPath == "/usr/lib/xen/boot/xen-shim")
        #expect(pvh?.pvShimCommandLine == "pv-shim console=xen,pv")
    }

    @Test func movesDeprecatedSettings() throws {
        let build = try completed(.pv) { $0.buildInfo.pv?.kernel = "/old" }.buildInfo
        #expect(build.kernel == "/old" && build.pv?.kernel == nil)
        #expect(throws: ToolstackError.self) {
            try completed(.pv) {
                $0.buildInfo.pv?.kernel = "/old"
                $0.buildInfo.kernel = "/new"
            }
        }
    }

    @Test func refusesWhatCannotBe() {
        let wrong: [(DomainType, String, @Sendable (inout DomainConfiguration) -> Void)] = [
            (.pv, "vnuma", { $0.buildInfo.vnumaNodes = [VirtualNode()] }),
            (.pv, "vPMU", { $0.buildInfo.vpmu = true }),
            (.pv, "pool", { $0.createInfo.poolName = "nowhere" }),
            (.pv, "passthrough", { $0.pciDevices = [PCIDevice()] }),
            (.pv, "vCPUs", { $0.buildInfo.availableVCPUs = [500] }),
            (.pv, "negative", { $0.buildInfo.maxVCPUs = -1 }),
            (
                .pvh, "altp2m",
                {
                    $0.buildInfo.altp2m = .external
                    $0.buildInfo.nestedHVM = true
                }
            ),
            (.hvm, "rombios", { $0.buildInfo.hvm?.bios = .rombios }),
            (.hvm, "videoram", { $0.buildInfo.videoMemKB = 1 }),
            (.invalid, "type", { _ in }),
        ]
        for (type, what, change) in wrong {
            #expect(throws: ToolstackError.self, "\(what)") { try completed(type, change) }
        }
    }

    private func created(
        on release: XenRelease, _ type: DomainType = .hvm, _ change: (inout DomainConfiguration) -> Void = { _ in }
    ) throws -> (creation: DomainCreation, configuration: DomainConfiguration) {
        var host = HostCapabilities()
        host.release = release
        let configuration = try completed(type, on: host, change)
        return (DomainCreation(configuration, uuid: .zero, release: release), configuration)
    }

    @Test func interruptsAsEventsAreGivenAsTheReleaseDoes() throws {
        for (minor, isGiven) in [(17, true), (18, true), (19, false), (22, false)] as [(UInt16, Bool)] {
            let release = XenRelease(4, minor)
            #expect(try created(on: release).creation.emulation.contains(.usePIRQ) == isGiven)
            for wish in [false, true] {
                let chosen = try created(on: release) { $0.buildInfo.hvm?.pirq = wish }
                #expect(chosen.creation.emulation.contains(.usePIRQ) == wish)
            }
            var arriving = DomainConfiguration()
            arriving.createInfo.type = .hvm
            arriving.buildInfo.hvm = HVMBuildInfo()
            arriving.keepWhatOlderReleasesGave(on: release)
            #expect(
                arriving.buildInfo.hvm?.pirq == (isGiven ? nil : true) && arriving.buildInfo.archX86.msrRelaxed == true)
        }
    }

    @Test func storesTheChoiceOfInterruptsWhereThereIsOne() throws {
        for (minor, stored) in [(17, nil), (20, false)] as [(UInt16, Bool?)] {
            let made = try created(on: XenRelease(4, minor))
            var given = DomainConfiguration()
            given.createInfo.type = .hvm
            given.buildInfo.hvm = HVMBuildInfo()
            #expect(given.recording(made.configuration, on: XenRelease(4, minor)).buildInfo.hvm?.pirq == stored)
        }
    }

    @Test func alternateViewsAreAskedForWhereTheReleaseTakesThem() throws {
        func views(_ minor: UInt16, _ change: (inout DomainConfiguration) -> Void) throws -> [UInt32] {
            let creation = try created(on: XenRelease(4, minor), .hvm, change).creation
            return [creation.altp2mMode, creation.altp2mCount]
        }
        let external: (inout DomainConfiguration) -> Void = { $0.buildInfo.altp2m = .external }
        #expect(try views(18, external) == [0, 0])
        #expect(try views(20, external) == [2, 0])
        #expect(try views(21, external) == [2, 10])
        #expect(try views(21) { $0.buildInfo.hvm?.altp2m = true } == [1, 10])
        #expect(
            try views(22) {
                external(&$0)
                $0.buildInfo.altp2mCount = 3
            } == [2, 3])
        #expect(try views(22) { _ in } == [0, 0])
    }

    @Test func saysWhatTheReleaseHasNothingFor() throws {
        func warnings(_ minor: UInt16) throws -> [String] {
            var host = HostCapabilities()
            host.release = XenRelease(4, minor)
            var given = DomainConfiguration()
            given.createInfo.type = .hvm
            given.buildInfo.hvm = HVMBuildInfo()
            given.buildInfo.altp2mCount = 3
            given.buildInfo.hvm?.xenPlatformPCIBARUC = false
            given.vkbs = [VKBDevice()]
            return try ConfigurationDefaults.apply(to: given, on: host).warnings.map {
                String($0.prefix { $0 != " " })
            }
        }
        #expect(try warnings(18) == ["altp2m_count", "xen_platform_pci_bar_uc", "vkb"])
        #expect(try warnings(20) == ["altp2m_count", "xen_platform_pci_bar_uc"])
        #expect(try warnings(21) == [])
    }

    @Test func asksTheHypervisorForWhatTheTypeNeeds() throws {
        let uuid = try #require(XenUUID("a0d5ae6c-0c5c-4ffd-b2b5-6ba0ba0f2b5e"))
        let pv = DomainCreation(try completed(.pv), uuid: uuid, release: XenRelease(4, 17))
        #expect(pv.flags == [] && pv.emulation == [] && pv.ssidref == 12)
        let pvh = DomainCreation(try completed(.pvh), uuid: uuid, release: XenRelease(4, 17))
        #expect(pvh.flags == [.hvm, .hap] && pvh.emulation == .lapic)
        let hvm = DomainCreation(try completed(.hvm), uuid: uuid, release: XenRelease(4, 17))
        #expect(hvm.emulation == EmulationFlags.all.subtracting(.vpci))
    }

    @Test func storesWhatWasGivenAndLittleMore() throws {
        let given = configuration(.pv) { $0.nics = [NICDevice()] }
        var created = try ConfigurationDefaults.apply(to: given, on: HostCapabilities()).configuration
        created.nics[0].deviceID = 0
        created.nics[0].mac = MACAddress("00:16:3e:01:02:03")
        let stored = given.recording(created, on: XenRelease(4, 17))
        #expect(stored.nics[0].mac == created.nics[0].mac && stored.nics[0].deviceID == 0)
        #expect(stored.buildInfo.videoMemKB == 0)
        #expect(stored.buildInfo.archX86.msrRelaxed == false)
        #expect(stored.buildInfo.shadowMemKB == nil && stored.buildInfo.eventChannels == 0)
    }

    @Test func choosesTheConfiguredAction() {
        var configuration = DomainConfiguration()
        configuration.onCrash = .preserve
        configuration.onReboot = .restart
        #expect(ShutdownPolicy.action(for: .crash, in: configuration) == .preserve)
        #expect(ShutdownPolicy.action(for: .reboot, in: configuration) == .restart)
        #expect(ShutdownPolicy.action(for: .suspend, in: configuration) == nil)
        #expect(ShutdownPolicy.action(for: ShutdownReason(rawValue: 77), in: configuration) == .destroy)
    }

    @Test func recognisesADomainsBackends() {
        #expect(BackendRelease.belongs("vbd-7-51712", to: DomainID(7)))
        #expect(!BackendRelease.belongs("vbd-70-51712", to: DomainID(7)))
        #expect(!BackendRelease.belongs("vif-1-7", to: DomainID(7)))
        #expect(!BackendRelease.belongs("", to: DomainID(7)))
    }
}
