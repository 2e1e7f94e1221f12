import DomainModel
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct TargetCheckTests {
    /// Leaf 1 with these bits of ecx.
    private static func cpu(_ ecx: UInt32) -> [CPULeaf] {
        [CPULeaf(leaf: 1, subleaf: nil, registers: [0, 0, ecx, 0])]
    }

    private static let uuid = XenUUID("10a7be3b-4503-4983-bfa7-c4141976abb8")

    private static func request(_ change: (inout MigrationRequest) -> Void = { _ in }) -> MigrationRequest {
        var request = MigrationRequest(
            version: 1, xen: [4, 17], streamVersion: 2, configuration: "{}", uuid: "\(uuid ?? .zero)", host: "a",
            cpu: cpu(0), time: 1000)
        change(&request)
        return request
    }

    private static var configuration: DomainConfiguration {
        var configuration = DomainConfiguration()
        configuration.createInfo.type = .pvh
        configuration.createInfo.name = "guest"
        configuration.buildInfo.targetMemKB = 131_072
        configuration.buildInfo.shadowMemKB = 1024
        return configuration
    }

    private static var facts: TargetFacts {
        var facts = TargetFacts()
        (facts.xen, facts.host, facts.time, facts.freeKB) = ([4, 17], "b", 1000, 1 << 20)
        facts.pools = ["Pool-0"]
        return facts
    }

    private func findings(
        request: MigrationRequest = request(), _ configuration: DomainConfiguration = configuration,
        _ facts: TargetFacts = facts
    ) -> MigrationFindings {
        TargetCheck(request: request, configuration: configuration, facts: facts).findings()
    }

    private func subjects(_ findings: MigrationFindings) -> [String] { findings.problems.map(\.subject) }

    @Test func aHostThatHasAllIsFine() { #expect(findings() == MigrationFindings()) }

    @Test func everyReasonIsToldAtOnce() throws {
        var configuration = Self.configuration
        configuration.createInfo.poolName = "fast"
        var disk = DiskDevice()
        (disk.virtualDevice, disk.physicalPath) = ("xvda", "/dev/vg/guest")
        configuration.disks = [disk]
        var nic = NICDevice()
        (nic.bridge, nic.script) = ("xenbr7", "vif-mine")
        configuration.nics = [nic]
        configuration.pciDevices = [PCIDevice()]
        var facts = Self.facts
        facts.freeKB = 1024
        facts.names = ["guest": DomainID(3)]
        facts.uuids = [try #require(Self.uuid): DomainID(4)]
        facts.hasInterface = { _ in false }
        facts.inspect = { _ in .missing("No such file or directory") }
        let found = findings(
            request: Self.request { request in
                request.xen = [4, 20]
                request.cpu = Self.cpu(1 << 25 | 1)
                request.streamVersion = 3
            }, configuration, facts)
        #expect(
            subjects(found) == [
                "stream", "Xen", "processor", "memory", "cpupool", "name", "UUID", "disk xvda", "vif 0", "vif 0",
                "PCI devices",
            ])
        #expect(found.problems[2].text.contains("aes"), "\(found.problems[2].text)")
        #expect(found.problems[7].text.contains("/dev/vg/guest: No such file"))
        #expect(found.problems[9].text.contains("/etc/xen/scripts/vif-mine"))
    }

    @Test func featuresThatAreThereAreNotMissed() {
        var facts = Self.facts
        facts.cpu = Self.cpu(1 << 25 | 1 << 20)
        #expect(
            findings(request: Self.request { $0.cpu = Self.cpu(1 << 25) }, Self.configuration, facts).problems == [])
    }

    /// Leaf 0 with a maker's name in ebx, edx and ecx.
    private static func maker(_ name: String) -> [CPULeaf] {
        let words = stride(from: 0, to: 12, by: 4).map { start in
            Array(name.utf8)[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        return [CPULeaf(leaf: 0, subleaf: nil, registers: [1, words[0], words[2], words[1]])]
    }

    @Test func aProcessorOfAnotherMakerIsRefusedWhereXenRefusesIt() {
        func found(_ minor: UInt32) -> MigrationFindings {
            var facts = Self.facts
            (facts.xen, facts.cpu) = ([4, minor], Self.maker("GenuineIntel"))
            return findings(request: Self.request { $0.cpu = Self.maker("AuthenticAMD") }, Self.configuration, facts)
        }
        let text = "the domain sees one of \"AuthenticAMD\", and this host's is of \"GenuineIntel\""
        #expect(subjects(found(22)) == ["processor"] && found(22).problems[0].text == text)
        #expect(found(21).problems.isEmpty && found(21).warnings.map(\.text) == [text])
    }

    @Test func aNewerXenIsFine() {
        var facts = Self.facts
        facts.xen = [4, 20]
        #expect(findings(Self.configuration, facts).problems.isEmpty)
    }

    @Test func theSameHostHasTheNameAlready() {
        var facts = Self.facts
        (facts.host, facts.names) = ("a", ["guest": DomainID(3)])
        #expect(findings(Self.configuration, facts).problems.isEmpty)
    }

    @Test func clocksAndFilesForARestartOnlyWarn() {
        var configuration = Self.configuration
        configuration.buildInfo.kernel = "/boot/mine"
        var facts = Self.facts
        facts.time = 900
        facts.inspect = { _ in .missing("No such file or directory") }
        let found = findings(configuration, facts)
        #expect(found.problems.isEmpty)
        #expect(found.warnings.map(\.subject) == ["kernel", "clock"])
    }

    @Test(arguments: [
        (Bitmap([0, 1]), false), (Bitmap([2, 5]), true), (Bitmap(0..<8), false), (Bitmap([1, 2, 3, 4]), true),
    ])
    func processorsThatAreNotThereAreTold(_ mask: Bitmap, _ isTold: Bool) {
        var facts = Self.facts
        facts.cpus = 4
        for path in [\BuildInfo.vcpuHardAffinity, \.vcpuSoftAffinity] {
            var configuration = Self.configuration
            configuration.buildInfo[keyPath: path] = [[], mask]
            let found = findings(configuration, facts)
            #expect(found.problems.isEmpty)
            #expect(found.warnings.map(\.subject) == (isTold ? ["CPUs"] : []))
        }
    }

    @Test func whatAScriptServesIsNotLookedFor() {
        var configuration = Self.configuration
        var disk = DiskDevice()
        (disk.virtualDevice, disk.physicalPath, disk.script) = ("xvda", "iqn.example:1", "block-iscsi")
        configuration.disks = [disk]
        var facts = Self.facts
        facts.inspect = { $0.hasPrefix("/etc") ? .regular([.read, .execute]) : .missing("gone") }
        let found = findings(configuration, facts)
        #expect(found.problems.isEmpty)
        #expect(found.unchecked.map(\.subject) == ["disk xvda"])
    }
}
