import DomainModel
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct DomainFindingTests {
    private let five = DomainID(5)
    private let seven = DomainID(7)
    private let healthy = SampleHost.healthy

    private var halfMade: HostSnapshot {
        healthy.with(
            SeenDomain(seven, uuid: SampleHost.other, flags: .paused), home: StoreSight.Home(name: "half"))
    }

    @Test func aHealthyHostHasNothing() { #expect(healthy.findings.isEmpty) }

    @Test func everyCodeIsAWordOfItsOwn() {
        let codes = Ailment.all.map(\.code)
        #expect(Set(codes).count == codes.count)
        for code in codes { #expect(code.allSatisfy { $0.isLowercase || $0 == "-" }) }
    }

    @Test func aCreationThatWasCutOffIsDestroyed() throws {
        let finding = try #require(halfMade.findings.first)
        #expect(finding.code == "domain-half-made" && halfMade.findings.count == 1)
        #expect(finding.repair == .destroyDomain(seven, SampleHost.other))
        #expect(finding.hindrance == nil && finding.consent == .general)
        #expect(finding.remedy == "xl destroy 7")
    }

    @Test(arguments: [
        SampleHost.xl(900, "create", "half.cfg"), SampleHost.xl(900, "cr", "half.cfg"),
        SampleHost.xl(900, "-v", "restore", "file"), SampleHost.xl(900, "migrate-receive"),
        // Whoever it is, it may be making a domain.
        SampleHost.process(900, "xenopsd", ["xenopsd"], opensHypervisor: true),
        // It watches a domain that is no more: it may be making its successor.
        SampleHost.monitor(900, DomainID(99)),
    ])
    func aCreationThatGoesOnIsLeftAlone(worker: SeenProcess) {
        #expect(!halfMade.with(worker).codes.contains("domain-half-made"))
    }

    @Test func whatAnotherToolstackHasMadeForLongIsToldAndLeftAlone() throws {
        let stranger = SampleHost.process(900, "libvirtd", ["libvirtd"], opensHypervisor: true)
        let host = halfMade.with(stranger).with { $0.homes[DomainID(7)]?.startTime = SampleHost.time - 601 }
        let finding = try #require(host.findings.first { $0.code == "domain-half-made" })
        #expect(finding.hindrance?.hasPrefix("libvirtd (process 900)") == true)
    }

    @Test func otherWorkHindersTheRemoval() throws {
        let finding = try #require(halfMade.with(SampleHost.xl(900, "save", "x", "y")).findings.first)
        #expect(finding.hindrance?.contains("xl save x y (process 900)") == true)
    }

    @Test(arguments: [
        SampleHost.xl(900, "list"), SampleHost.process(900, "xentop", ["xentop"], opensHypervisor: true),
        SampleHost.process(900, "vim", ["vim", "xl", "create"]),
    ])
    func whoOnlyLooksHindersNothing(process: SeenProcess) {
        #expect(halfMade.with(process).findings.first?.hindrance == nil)
    }

    @Test func aDomainThatHasJustComeOrGoneIsNotJudged() {
        var host = halfMade
        host.earlierDomains.removeAll { $0.domain == seven }
        #expect(host.findings.isEmpty)
        host = halfMade
        host.domains.removeAll { $0.domain == seven }
        #expect(host.findings.isEmpty)
    }

    @Test func aStubDomainIsNoHalfMadeOne() {
        let host = healthy.with(
            SeenDomain(seven, uuid: SampleHost.other, flags: .paused),
            home: StoreSight.Home(name: "db-dm", target: DomainID(6)))
        #expect(host.findings.isEmpty)
        let orphan = healthy.with(
            SeenDomain(seven, uuid: SampleHost.other, cpuTime: 1),
            home: StoreSight.Home(name: "gone-dm", target: DomainID(8)))
        #expect(orphan.codes == ["stub-domain-without-guest"])
    }

    @Test func aDomainWithoutAMonitorIsWatchedWhenItIsNamed() throws {
        var host = healthy
        host.processes.removeAll { $0.id == 500 }
        let finding = try #require(host.findings.first)
        #expect(finding.code == "domain-unwatched" && finding.consent == .named)
        #expect(finding.repair == .startMonitor(five, SampleHost.web))
        host.needNoMonitor = [five]
        #expect(host.findings.isEmpty)
    }

    @Test func anXLInTheForegroundMayWatchWhatIsYoungerThanItself() {
        var host = healthy
        host.processes.removeAll { $0.id == 500 }
        var process = SampleHost.xl(700, "create", "-F", "web.cfg")
        process.time = SampleHost.time - 901
        #expect(!host.with(process).codes.contains("domain-unwatched"))
        process.time = SampleHost.time - 100
        #expect(host.with(process).codes.contains("domain-unwatched"))
    }

    @Test func aZombieNamesWhoHoldsIt() throws {
        var host = healthy
        host.processes.removeAll { $0.id == 600 }
        host.change(DomainID(6)) { $0.flags = .dying }
        let finding = try #require(host.findings.first { $0.code == "domain-zombie" })
        #expect(finding.who?.contains("qemu -xen-domid 6 (process 601)") == true)
        #expect(finding.repair == .destroyDomain(DomainID(6), SampleHost.db))
    }

    @Test func aProcessThatMayHoldAZombieIsNamed() throws {
        var host = healthy.with(SampleHost.process(900, "python3", ["python3", "hold"], opensHypervisor: true))
        host.processes.removeAll { $0.id == 600 || $0.id == 601 }
        host.change(DomainID(6)) { $0.flags = .dying }
        host = host.with { store in
            store.homes[DomainID(6)] = nil
            store.records[DomainID(6)] = nil
        }
        let finding = try #require(host.findings.first { $0.code == "domain-zombie" })
        #expect(finding.who == "perhaps python3 hold (process 900)" && finding.repair == nil)
    }

    @Test func aDomainThatIsBeingFreedIsNoZombie() {
        var host = healthy
        host.processes.removeAll { $0.id == 600 }
        host.change(DomainID(6)) { $0.flags = .dying }
        host.domains[2].pages -= 1
        #expect(!host.codes.contains("domain-zombie"))
    }

    @Test func aDomainWithoutStoredConfigurationIsTold() {
        var host = healthy
        host.files.removeFirst()
        #expect(host.codes == ["domain-without-configuration"])
    }

    @Test func aDomainWithoutNodesIsToldOnce() {
        let host = healthy.with { $0.homes[DomainID(5)] = nil }
        #expect(host.codes == ["domain-without-nodes"] && host.findings.first?.repair == nil)
    }

    @Test func aDomainWhoseDestructionWasCutOffIsDestroyed() {
        var host = healthy.with { $0.homes[DomainID(5)] = nil }
        host.change(DomainID(5)) { $0.flags = .paused }
        let uuid = host.domains.first { $0.domain == DomainID(5) }?.uuid ?? .zero
        #expect(host.codes == ["domain-without-nodes"])
        #expect(host.findings.first?.repair == .destroyDomain(DomainID(5), uuid) && uuid != .zero)
        // The hypervisor's own have no UUID.
        host.change(DomainID(5)) { $0.uuid = .zero }
        let finding = host.findings.first { $0.code == "domain-without-nodes" }
        #expect(finding != nil && finding?.repair == nil)
    }

    @Test func aMonitorThatWasStoppedIsNamed() throws {
        var host = healthy
        host.processes[3].state = "T"
        let finding = try #require(host.findings.first)
        #expect(host.codes == ["domain-unwatched"] && finding.repair == nil)
        #expect(finding.remedy == "kill -CONT 500" && finding.who?.hasSuffix("(process 500)") == true)
    }

    @Test(arguments: [
        (ShutdownReason.crash, ActionOnShutdown.preserve, "web", true), (.crash, .destroy, "web", false),
        (.reboot, .restartRename, "web-20261130T1301Z", true), (.reboot, .restartRename, "web", false),
    ])
    func whatEndedAndStaysNeedsNobody(
        reason: ShutdownReason, action: ActionOnShutdown, name: String, needsNobody: Bool
    ) {
        var configuration = DomainConfiguration()
        (configuration.onCrash, configuration.onReboot) = (action, action)
        let domain = SeenDomain(five, uuid: SampleHost.web, flags: .shutdown, shutdownReason: reason)
        #expect(configuration.wantsNothing(of: domain, called: name) == needsNobody)
    }

    @Test func aSilentStoreIsAFindingOfItsOwn() {
        var host = healthy
        host.store = nil
        host.storeProblem = "cannot connect: it has not answered for 8 s"
        #expect(host.codes == ["xenstored-silent"])
        host.processes[0].state = "T"
        #expect(host.findings.first?.remedy == "kill -CONT 274")
    }
}
