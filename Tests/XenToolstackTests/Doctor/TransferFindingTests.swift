import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct TransferFindingTests {
    private let five = DomainID(5)
    private var suspended: HostSnapshot {
        var host = SampleHost.healthy
        host.change(five) {
            $0.flags = [.shutdown]
            $0.shutdownReason = .suspend
        }
        return host
    }

    private func named(_ name: String, _ host: HostSnapshot) -> HostSnapshot {
        host.with { $0.homes[DomainID(5)]?.name = name }
    }

    @Test func aSuspendedGuestGoesOnWhenItIsNamed() throws {
        let finding = try #require(suspended.findings.first)
        #expect(suspended.findings.count == 1 && finding.code == "domain-suspended")
        #expect(finding.repair == .recoverMigration(five, SampleHost.web) && finding.consent == .named)
    }

    @Test(arguments: ["save", "migrate", "mig", "remus", "evacuate"])
    func aSaveThatGoesOnIsLeftAlone(command: String) {
        #expect(suspended.with(SampleHost.xl(900, command, "web")).findings.isEmpty)
    }

    @Test func theLockOfASaveIsHeeded() {
        var host = suspended
        host.locks = [SeenLock(path: "/run/xen/suspend-evtchn-5.lock", holder: 900)]
        #expect(host.findings.isEmpty)
    }

    @Test func aHandoverIsAskedFor() throws {
        var host = named("web--migratedaway", suspended)
        host.notes = [five: .handedOver(host: "there")]
        let finding = try #require(host.findings.first)
        #expect(host.findings.count == 1 && finding.code == "migration-undecided")
        #expect(finding.explanation.contains("given to there") && finding.consent == .general)
        #expect(finding.repair == .recoverMigration(five, SampleHost.web))
    }

    @Test func withoutANoteNobodyKnowsWhereItRuns() throws {
        let host = named("web--migratedaway", suspended)
        let finding = try #require(host.findings.first)
        #expect(host.findings.count == 1 && finding.code == "migration-gone" && finding.repair == nil)
        #expect(finding.remedy.contains("xl migrate-recover --there 5"))
    }

    @Test func aCopyThatWaitsIsEndedAndOneThatMayHaveRunIsNot() throws {
        var host = named("web--incoming", SampleHost.healthy)
        host.change(five) { $0.flags = .paused }
        let unknown = try #require(host.findings.first)
        #expect(unknown.code == "migration-incoming" && unknown.repair == nil)
        #expect(unknown.remedy.contains("'xl rename 5 web'"))
        host.notes = [five: .arrived]
        #expect(host.findings.first?.repair == nil)
        host.notes = [five: .waiting]
        #expect(host.findings.first?.repair == .abandonArrival(SampleHost.web, name: "web--incoming"))
        #expect(host.with(SampleHost.xl(900, "migrate-receive")).findings.isEmpty)
    }

    @Test func theBufferOfADeadRemusIsOnlyTold() throws {
        var host = SampleHost.healthy.with {
            $0.buffers = [.init(domain: DomainID(5), card: "0", interface: "ifb0")]
        }
        host.interfaces.append(SeenInterface(name: "ifb0", index: 20, discipline: "plug"))
        let finding = try #require(host.findings.first)
        #expect(host.findings.count == 1 && finding.code == "network-buffer" && finding.repair == nil)
        #expect(finding.explanation.contains("holds back what the guest sends"))
        #expect(finding.remedy.contains("'xl migrate-recover --here 5'"))
        #expect(host.with(SampleHost.xl(900, "remus", "web", "there")).findings.isEmpty)
    }

    @Test func aQueueThatNobodyNamesIsOnlyTold() throws {
        var host = SampleHost.healthy
        host.interfaces.append(SeenInterface(name: "ifb$(x)", index: 20, discipline: "plug"))
        let finding = try #require(host.findings.first)
        #expect(finding.code == "network-buffer" && finding.repair == nil)
        #expect(finding.remedy == "tc qdisc del dev 'ifb$(x)' root")
    }
}
