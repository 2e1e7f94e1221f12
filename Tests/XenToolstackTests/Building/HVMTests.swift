import DomainModel
import Foundation
import SystemPackage
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

private let mib: UInt64 = 1 << 20
private let gib: UInt64 = 1 << 30

private func hvm(_ change: (inout BuildInfo, inout HVMBuildInfo) -> Void = { _, _ in }) -> BuildInfo {
    var info = BuildInfo()
    info.type = .hvm
    info.maxVCPUs = 2
    info.maxMemKB = 256 << 10
    info.targetMemKB = 256 << 10
    info.videoMemKB = 8 << 10
    info.timerMode = .noDelayForMissedTicks
    info.deviceModelVersion = .qemuXen
    var part = HVMBuildInfo()
    part.bios = .seabios
    change(&info, &part)
    info.hvm = part
    return info
}

@Suite struct HVMParameterTests {
    private func mask(_ change: (inout HVMBuildInfo) -> Void) throws -> UInt64 {
        var info = HVMBuildInfo()
        change(&info)
        return try ViridianSet(info).mask
    }

    private func numbers(_ members: ViridianEnlightenment...) -> Bitmap { Bitmap(members.map { Int($0.rawValue) }) }

    @Test func knowsUpstreamsSetsOfEnlightenments() throws {
        #expect(try mask { _ in } == 0)
        // base_freq, time_ref_count, apic_assist, crash_ctl, no_vp_limit, cpu_hotplug.
        #expect(try mask { $0.viridian = true } == 0x1865)
        #expect(try mask { $0.viridianEnable = numbers(.base) } == 0b11)
        #expect(try mask { $0.viridianEnable = numbers(.base, .freq, .stimer) } == 0b1_1000_0101)
        #expect(
            try mask {
                $0.viridian = true
                $0.viridianDisable = numbers(.apicAssist, .freq)
            } == 0x1847)
    }

    @Test func refusesEnlightenmentsThatDoNotGoTogether() {
        #expect(throws: ToolstackError.self) { try mask { $0.viridianEnable = numbers(.synic) } }
        #expect(throws: ToolstackError.self) {
            try mask {
                $0.viridian = true
                $0.viridianDisable = numbers(.base)
            }
        }
        let error = #expect(throws: ToolstackError.self) {
            try mask {
                $0.viridianEnable = numbers(.base, .synic)
                $0.viridianDisable = numbers(.synic)
            }
        }
        #expect(error?.description.contains("synic") == true)
    }

    @Test func setsWhatTheConfigurationSays() throws {
        let info = hvm {
            $1.hpet = true
            $1.mcaCaps = 1
            $1.altp2m = true
            $1.viridian = true
            $0.timerMode = .oneMissedTickPending
        }
        let all = try HVMParameters.parameters(info, isNew: true, release: XenRelease(4, 18))
        #expect(
            all.map(\.0) == [.hpetEnabled, .vptAlign, .mcaCapabilities, .timerMode, .altp2m, .viridian])
        #expect(all.map(\.1) == [1, 0, 1, 3, 1, 0x1865])
        #expect(
            try !HVMParameters.parameters(info, isNew: false, release: XenRelease(4, 18)).contains { $0.0 == .viridian }
        )
        // Later releases take it when the domain is made, and refuse the parameter.
        #expect(
            try !HVMParameters.parameters(info, isNew: true, release: XenRelease(4, 19)).contains { $0.0 == .altp2m })
    }
}

@Suite struct HVMLayoutTests {
    @Test func leavesTheVideoMemoryOutOfTheRAM() {
        #expect(GuestLayout.hvm(hvm()).lowEnd == 248 * mib)
        let large = hvm {
            $0.maxMemKB = 4 << 20
            $1.mmioHoleMemKB = 1 << 20
        }
        #expect(GuestLayout.hvm(large).lowEnd == 3 * gib && GuestLayout.hvm(large).highEnd == 5 * gib - 8 * mib)
        #expect(GuestLayout.hvm(hvm { info, _ in info.videoMemKB = .max }).lowEnd == 0)
    }

    private func region(_ start: UInt64, _ size: UInt64, _ policy: RDMReservePolicy = .relaxed) -> RDMDevice {
        var region = RDMDevice()
        (region.start, region.size, region.policy) = (start, size, policy)
        return region
    }

    @Test func movesRAMOutOfTheWayOfReservedMemory() throws {
        let layout = GuestLayout.hvm(memory: 3 * gib)
        let reserved = try ReservedDeviceMemory(
            [region(0x9ABC_D000, 0x3000), region(0xF100_0000, mib)], layout: layout, boundary: 2 * gib,
            alignsForLargePages: true)
        #expect(reserved.layout.lowEnd == 0x9AA0_0000)
        #expect(reserved.layout.highEnd == 4 * gib + 3 * gib - 0x9AA0_0000)
        #expect(reserved.warnings.isEmpty && reserved.regions.allSatisfy { $0.policy == .relaxed })
        #expect(
            MemoryMap.hvm(layout: reserved.layout, reserved: reserved.regions) == [
                MemoryRegion(start: mib, size: 0x9AA0_0000 - mib, kind: .ram),
                MemoryRegion(start: 0x9ABC_D000, size: 0x3000, kind: .reserved),
                MemoryRegion(start: 0xF100_0000, size: mib, kind: .reserved),
                MemoryRegion(start: 4 * gib, size: 3 * gib - 0x9AA0_0000, kind: .ram),
            ])
        let exact = try ReservedDeviceMemory(
            [region(0x9ABC_D000, 0x3000)], layout: layout, boundary: 2 * gib, alignsForLargePages: false)
        #expect(exact.layout.lowEnd == 0x9ABC_D000)
    }

    @Test func leavesRAMBelowTheBoundaryWhereItIs() throws {
        let layout = GuestLayout.hvm(memory: gib)
        let reserved = try ReservedDeviceMemory(
            [region(512 * mib, mib)], layout: layout, boundary: 2 * gib, alignsForLargePages: true)
        #expect(reserved.layout == layout && reserved.warnings.count == 1)
        #expect(MemoryMap.hvm(layout: reserved.layout, reserved: reserved.regions).map(\.kind) == [.ram])
        #expect(throws: ToolstackError.self) {
            try ReservedDeviceMemory(
                [region(512 * mib, mib, .strict)], layout: layout, boundary: 2 * gib, alignsForLargePages: true)
        }
        let absurd = try ReservedDeviceMemory(
            [region(.max - 1, .max)], layout: layout, boundary: 0, alignsForLargePages: true)
        #expect(absurd.layout == layout)
    }
}

@Suite struct HVMNodesTests {
    private func nodes(
        _ info: BuildInfo, on release: XenRelease = XenRelease(4, 17), _ change: (inout DomainBuild) -> Void = { _ in }
    ) -> [String] {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .hvm
        configuration.buildInfo = info
        var build = DomainBuild(configuration: configuration, domain: DomainID(5), uuid: .zero, release: release)
        change(&build)
        return PostBuildNodes.nodes(build).map { "\($0.path)=\($0.value ?? "")" }
    }

    @Test func tellHvmloaderWhereTablesAre() {
        let found = nodes(hvm()) {
            $0.firmwareTables.acpi = GuestImage.Module(guestAddress: 0x14_0000, length: 0x24)
        }
        #expect(found.contains("/local/domain/5/hvmloader/acpi/address=0x140000"))
        #expect(found.contains("/local/domain/5/hvmloader/acpi/length=0x24"))
        #expect(!found.contains { $0.contains("hvmloader/smbios") })
    }

    @Test func tellHvmloaderHowToCacheThePlatformDevice() {
        let path = "/local/domain/5/hvmloader/pci/xen-platform-pci-bar-uc"
        func found(_ minor: UInt16, _ isUncached: Bool?) -> [String] {
            nodes(hvm { $1.xenPlatformPCIBARUC = isUncached }, on: XenRelease(4, minor)).filter { $0.hasPrefix(path) }
        }
        #expect(found(20, true) == [])
        #expect(found(21, true) == [path + "=1"])
        #expect(found(22, false) == [path + "=0"])
    }

    @Test func tellAGuestThatIsResetNothingOfFirmware() {
        #expect(!nodes(hvm()) { $0.origin = .softReset }.contains { $0.contains("/platform/acpi") })
    }

    @Test func writeTheGenerationIDAsTwoNumbers() {
        let id = GenerationID(bytes: [1, 0, 0, 0, 0, 0, 0, 0x80] + [2, 1, 0, 0, 0, 0, 0, 0])
        #expect(
            nodes(hvm { $1.generationID = id }).contains(
                "/local/domain/5/platform/generation-id=9223372036854775809:258"))
        let none = GenerationID(bytes: [UInt8](repeating: 0, count: 16))
        #expect(!nodes(hvm { $1.generationID = none }).contains { $0.contains("generation-id") })
    }

    @Test func leaveOutOfAStreamsGuestWhatIsForHvmloader() {
        func directories(_ origin: DomainBuild.Origin) -> Set<Substring> {
            var entry = SMBIOSEntry()
            (entry.key, entry.value) = (.oem, "a")
            let info = hvm {
                $1.smbios = [entry]
                $1.generationID = GenerationID(bytes: [UInt8](repeating: 1, count: 16))
            }
            let names = nodes(info) { $0.origin = origin }.map { $0.dropFirst("/local/domain/5/".count) }
            let found = names.map { $0.prefix { $0 != "=" } }
            return Set(found.filter { $0.hasPrefix("platform/") || $0.hasPrefix("bios-strings/") })
        }
        #expect(directories(.restore) == ["platform/generation-id"])
        #expect(directories(.boot).isSuperset(of: ["platform/generation-id", "platform/acpi", "bios-strings/oem-1"]))
    }

    @Test func numberOEMStrings() {
        func entry(_ key: SMBIOSType, _ value: String) -> SMBIOSEntry {
            var entry = SMBIOSEntry()
            (entry.key, entry.value) = (key, value)
            return entry
        }
        let info = hvm { $1.smbios = [entry(.oem, "a"), entry(.systemProductName, "b"), entry(.oem, "c")] }
        #expect(
            nodes(info).filter { $0.contains("bios-strings") } == [
                "/local/domain/5/bios-strings/oem-1=a", "/local/domain/5/bios-strings/system-product-name=b",
                "/local/domain/5/bios-strings/oem-2=c",
            ])
    }
}

@Suite struct HVMFirmwareTests {
    private func problems(_ change: (inout HVMBuildInfo) -> Void) -> [String] {
        var paths = HostPaths(release: XenRelease(4, 17))
        paths.seabios = "/nonexistent/bios.bin"
        return HVMFirmware(hvm { change(&$1) }, paths: paths).problems.map(\.description)
    }

    private func withFile(_ size: Int, head: [UInt8] = [], _ body: (String) throws -> Void) throws {
        let path = NSTemporaryDirectory() + "swift-xl-firmware-\(UUID().uuidString)"
        try Data(head + [UInt8](repeating: 0, count: size - head.count)).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func findsFilesByTheConfiguration() {
        let paths = HostPaths(release: XenRelease(4, 17))
        let usual = HVMFirmware(hvm(), paths: paths)
        #expect(usual.loader.path == "/usr/lib/xen-4.17/boot/hvmloader" && usual.system == paths.seabios)
        #expect(usual.acpi == nil && usual.smbios == nil)
        #expect(HVMFirmware(hvm { $1.bios = .ovmf }, paths: paths).system == paths.ovmf)
        let own = HVMFirmware(
            hvm {
                $1.firmware = "/opt/loader"
                $1.systemFirmware = "/opt/bios"
            }, paths: paths)
        #expect(own.loader.path == "/opt/loader" && own.system == "/opt/bios")
        #expect(HVMFirmware(hvm { $1.firmware = "other" }, paths: paths).loader.path.string.hasSuffix("/boot/other"))
        let old = hvm {
            $0.deviceModelVersion = .qemuXenTraditional
            $1.bios = .rombios
        }
        #expect(HVMFirmware(old, paths: paths).system == nil)
    }

    @Test func namesEveryFileThatIsMissing() {
        let found = problems {
            $0.firmware = "/nonexistent/loader"
            $0.acpiFirmware = "/tmp"
            $0.smbiosFirmware = "/dev/null"
        }
        #expect(found.count == 4)
        #expect(found[0].contains("HVM loader /nonexistent/loader does not exist"))
        #expect(found[1].contains("seabios image /nonexistent/bios.bin does not exist"))
        #expect(found[2].contains("is a directory") && found[3].contains("not a regular file"))
    }

    @Test func looksAtSizes() throws {
        for (bios, size, isGood) in [
            (BIOSType.seabios, 128 << 10, true), (.seabios, 200_000, false), (.seabios, 512 << 10, false),
            (.ovmf, 2 << 20, true), (.ovmf, 1_966_080, false), (.ovmf, 17 << 20, false),
        ] {
            try withFile(size) { path in
                let found = problems {
                    $0.bios = bios
                    $0.systemFirmware = path
                    $0.firmware = "/nonexistent"
                }
                #expect(found.count == (isGood ? 1 : 2), "\(bios) of \(size): \(found)")
            }
        }
    }

    @Test func recognisesATruncatedLoader() throws {
        // A 32-bit ELF file with one segment that ends at 0x5000.
        var elf = [UInt8](repeating: 0, count: 84)
        elf.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1])
        elf[28] = 52
        elf[42] = 32
        elf[44] = 1
        elf[57] = 0x10
        elf[69] = 0x40
        for (size, part) in [(0x4000, "truncated"), (0x5000, "nonexistent/bios.bin")] {
            try withFile(size, head: elf) { path in
                #expect(problems { $0.firmware = path }.first?.contains(part) == true)
            }
        }
        #expect(problems { $0.firmware = "/bin/sh" }.first?.contains("no 32-bit ELF file") == true)
    }
}
