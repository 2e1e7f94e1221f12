import DomainModel
import Foundation
import SystemPackage
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

private func build(_ type: DomainType, _ change: (inout BuildInfo) -> Void = { _ in }) -> DomainBuild {
    var configuration = DomainConfiguration()
    configuration.createInfo.type = type
    configuration.buildInfo.maxVCPUs = 2
    configuration.buildInfo.availableVCPUs = [0]
    configuration.buildInfo.maxMemKB = 262144
    configuration.buildInfo.targetMemKB = 131072
    configuration.buildInfo.videoMemKB = 0
    change(&configuration.buildInfo)
    let uuid = XenUUID("11223344-5566-7788-99aa-bbccddeeff00") ?? .zero
    var build = DomainBuild(configuration: configuration, domain: DomainID(5), uuid: uuid)
    build.kernel = BootFile(path: "/boot/vmlinuz")
    build.store.port = 1
    build.store.frame = 0xFEFFC
    build.startTime = (1_700_000_000, 54_321)
    return build
}

@Suite struct PostBuildNodesTests {
    private func lines(_ build: DomainBuild) -> [String] {
        PostBuildNodes.nodes(build).map { "\($0.path)=\($0.value ?? "")" }
    }

    @Test func tellsAPVHGuestOfItself() {
        #expect(
            lines(build(.pvh)) == [
                "/local/domain/5/memory/static-max=262144", "/local/domain/5/memory/target=131072",
                "/local/domain/5/memory/videoram=0", "/local/domain/5/domid=5", "/local/domain/5/store/port=1",
                "/local/domain/5/store/ring-ref=1044476", "/local/domain/5/cpu/0/availability=online",
                "/local/domain/5/cpu/1/availability=offline",
                "/vm/11223344-5566-7788-99aa-bbccddeeff00/start_time=1700000000.05",
            ])
        #expect(PostBuildNodes.nodes(build(.pvh)).allSatisfy { $0.permissions == nil })
    }

    @Test func recordsWhatAPVGuestBooted() {
        var build = build(.pv)
        build.ramdisk = BootFile(path: "/boot/initrd")
        build.commandLine = "ro"
        let vm = "/vm/11223344-5566-7788-99aa-bbccddeeff00"
        #expect(
            Array(lines(build).suffix(5)) == [
                "\(vm)/image/ostype=linux", "\(vm)/image/kernel=/boot/vmlinuz", "\(vm)/start_time=1700000000.05",
                "\(vm)/image/ramdisk=/boot/initrd", "\(vm)/image/cmdline=ro",
            ])
    }

    @Test func leavesVideoMemoryOutOfTheTarget() {
        // The guest's maximum is larger than its target, so that a little is left out for populate on demand too.
        #expect(lines(build(.hvm) { $0.videoMemKB = 8192 }).contains("/local/domain/5/memory/target=121856"))
        #expect(lines(build(.hvm) { $0.videoMemKB = .max }).contains("/local/domain/5/memory/target=0"))
    }
}

@Suite struct CPUPolicyTests {
    @Test func followsTheConfiguration() {
        var info = BuildInfo()
        #expect(CPUPolicy(info, type: .pv).pae && !CPUPolicy(info, type: .pv).invariantTSC)
        info.disableMigrate = true
        #expect(CPUPolicy(info, type: .pvh).invariantTSC)
        info.disableMigrate = false
        info.tscMode = .alwaysEmulate
        info.nestedHVM = true
        var leaf = CPUIDPolicy.Leaf(leaf: 7, subleaf: 0)
        leaf.ebx = String(repeating: "x", count: 32)
        info.cpuid.leaves = [leaf]
        let policy = CPUPolicy(info, type: .pvh)
        #expect(policy.invariantTSC && policy.nestedVirt)
        #expect(policy.cpuid == [CPUIDOverride(leaf: 7, subleaf: 0, policy: [nil, leaf.ebx, nil, nil])])
        info.hvm = HVMBuildInfo()
        info.hvm?.pae = false
        #expect(!CPUPolicy(info, type: .hvm).pae)
    }
}

@Suite struct SchedulingSettingsTests {
    private func settings(_ change: (inout SchedulerParameters) -> Void) -> SchedulingSettings {
        var parameters = SchedulerParameters()
        change(&parameters)
        return SchedulingSettings(parameters)
    }
    private let credit = CreditParameters(weight: 256, cap: 0)
    private let rtds = RTDSParameters(period: 10000, budget: 4000, extraTime: true)

    @Test func changesOnlyWhatIsGiven() throws {
        #expect(try settings { $0.weight = 512 }.credit(credit, vcpus: 1) == CreditParameters(weight: 512, cap: 0))
        #expect(try settings { $0.cap = 200 }.credit(credit, vcpus: 2) == CreditParameters(weight: 256, cap: 200))
        #expect(
            try settings { $0.budget = 5000 }.rtds(rtds)
                == RTDSParameters(period: 10000, budget: 5000, extraTime: true))
        #expect(try settings { $0.extratime = 0 }.rtds(rtds).extraTime == false)
    }

    @Test func refusesWhatSchedulersDoNotHave() {
        for weight: Int32 in [0, -1, 65536] {
            #expect(throws: ToolstackError.self) { try settings { $0.weight = weight }.credit(credit, vcpus: 1) }
        }
        for cap: Int32 in [-1, 101, 70000] {
            #expect(throws: ToolstackError.self) { try settings { $0.cap = cap }.credit(credit, vcpus: 1) }
        }
        #expect(throws: ToolstackError.self) { try settings { $0.budget = 10001 }.rtds(rtds) }
        #expect(throws: ToolstackError.self) { try settings { $0.period = 0 }.rtds(rtds) }
    }
}

@Suite struct KernelFileTests {
    private func elf64(segmentEnd: UInt64, magic: UInt8 = 0x45) -> [UInt8] {
        var head: [UInt8] = [0x7F, magic, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        head += littleEndian(UInt16(2)) + littleEndian(UInt16(62)) + littleEndian(UInt32(1))
        head += littleEndian(UInt64(0)) + littleEndian(UInt64(64)) + littleEndian(UInt64(0)) + littleEndian(UInt32(0))
        head += littleEndian(UInt16(64)) + littleEndian(UInt16(56)) + littleEndian(UInt16(1)) + [0, 0, 0, 0, 0, 0]
        head += littleEndian(UInt32(1)) + littleEndian(UInt32(5)) + littleEndian(UInt64(0x1000))
        head += [UInt8](repeating: 0, count: 16) + littleEndian(segmentEnd &- 0x1000) + [UInt8](repeating: 0, count: 24)
        return head
    }

    private func bzImage(payloadEnd: UInt32) -> [UInt8] {
        var head = [UInt8](repeating: 0, count: 1024)
        head.replaceSubrange(0x1F1..<0x1F2, with: [4])
        head.replaceSubrange(0x1FE..<0x200, with: [0x55, 0xAA])
        head.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
        head.replaceSubrange(0x206..<0x208, with: littleEndian(UInt16(0x20F)))
        head.replaceSubrange(0x248..<0x24C, with: littleEndian(UInt32(0x100)))
        head.replaceSubrange(0x24C..<0x250, with: littleEndian(payloadEnd &- 5 * 512 &- 0x100))
        return head
    }

    @Test func aPlanTakesTheRingsOfTheKernelsKind() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "kernel-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data([0x7F, 0x45, 0x4C, 0x46, 1, 1] + [UInt8](repeating: 0, count: 46)).write(to: path)
        #expect(KernelFile.nativeProtocol(path.path) == "x86_32-abi")
        #expect(KernelFile.nativeProtocol("/proc/self/exe") == "x86_64-abi")
        #expect(KernelFile.nativeProtocol("/nonexistent") == "x86_64-abi")
        #expect(KernelFile.nativeProtocol(nil) == "x86_64-abi")
    }

    @Test func recognisesKernels() {
        #expect(KernelFile(head: elf64(segmentEnd: 0x5000))?.format == .elf64)
        #expect(KernelFile(head: elf64(segmentEnd: 0x5000))?.expectedSize == 0x5000)
        #expect(KernelFile(head: bzImage(payloadEnd: 0x8000))?.format == .bzImage)
        #expect(KernelFile(head: bzImage(payloadEnd: 0x8000))?.expectedSize == 0x8000)
        #expect(KernelFile(head: [0x1F, 0x8B, 8, 0])?.format == .compressed)
        #expect(KernelFile(head: [0, 0, 0, 0] + littleEndian(UInt32(0x1BAD_B002)))?.format == .multiboot)
    }

    @Test func refusesOtherFiles() {
        #expect(KernelFile(head: []) == nil)
        #expect(KernelFile(head: Array("#!/bin/sh\n".utf8)) == nil)
        #expect(KernelFile(head: elf64(segmentEnd: 0x5000, magic: 0x46)) == nil)
        #expect(KernelFile(head: Array(elf64(segmentEnd: 0x5000).prefix(40))) == nil)
        #expect(KernelFile(head: Array(bzImage(payloadEnd: 0x8000).prefix(0x24A))) == nil)
    }

    @Test func survivesHostileHeaders() {
        #expect(KernelFile(head: elf64(segmentEnd: .max))?.expectedSize == .max)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var head = Bool.random() ? elf64(segmentEnd: 0x5000) : bzImage(payloadEnd: 0x8000)
            for _ in 0..<8 {
                let index = Int.random(in: 4..<head.count, using: &generator)
                head[index] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = KernelFile(head: Array(head.prefix(Int.random(in: 0...head.count, using: &generator))))
        }
    }
}

@Suite struct PreflightTests {
    private func problems(
        _ type: DomainType = .pvh, limits: Preflight.Limits = Preflight.Limits(), _ change: (inout BuildInfo) -> Void
    ) -> [String] {
        let configuration = build(type, change).configuration
        return Preflight.problems(configuration, limits: limits, paths: HostPaths(release: XenRelease(4, 17)))
            .map(\.description)
    }

    @Test func findsWhatCannotBoot() {
        #expect(problems { _ in }.first?.contains("names nothing to boot") == true)
        #expect(problems { $0.kernel = "/nonexistent" }.first?.contains("/nonexistent does not exist") == true)
        #expect(problems { $0.kernel = "/tmp" }.first?.contains("is a directory") == true)
        #expect(problems { $0.kernel = "/dev/null" }.first?.contains("not a regular file") == true)
        #expect(problems { $0.kernel = "/etc/passwd" }.first?.contains("neither an ELF file nor a bzImage") == true)
        #expect(problems { $0.kernel = "/proc/self/status" }.first?.contains("is empty") == true)
        let two = problems {
            $0.kernel = "/bin/sh"
            $0.ramdisk = "/nonexistent"
        }
        #expect(two.count == 1 && two[0].contains("ramdisk"))
        #expect(problems { $0.bootloader = "/nonexistent" }.count == 2)
    }

    @Test func findsWhatDoesNotFit() {
        let kernel = "/bin/sh"
        #expect(
            problems {
                $0.kernel = kernel
                $0.maxVCPUs = 129
            }.first?.contains("more than this hypervisor allows") == true)
        let limits = Preflight.Limits(freeKB: 65536, cpus: 2)
        #expect(
            problems(limits: limits) { $0.kernel = kernel }.first?.contains("needs 128 MiB") == true)
        #expect(
            problems(limits: Preflight.Limits(freeKB: 1 << 20, cpus: 2)) {
                $0.kernel = kernel
                $0.vcpuHardAffinity = [[0], [5]]
            } == ["vCPU 1 may use none of this host's CPUs (cpus= must name some of 0-1)"])
        #expect(
            problems {
                $0.kernel = kernel
                $0.targetMemKB = 1 << 20
            }.first?.contains("maxmem") == true)
        #expect(
            problems {
                $0.kernel = kernel
                $0.maxMemKB = .max
            }.count == 1)
        #expect(problems(limits: Preflight.Limits(freeKB: 1 << 20)) { $0.kernel = kernel } == [])
    }
}
