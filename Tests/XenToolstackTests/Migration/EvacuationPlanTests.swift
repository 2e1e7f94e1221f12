import Testing
import XenTypes

@testable import XenToolstack

@Suite struct EvacuationPlanTests {
    private func guest(_ number: UInt32, _ name: String, mib: UInt64) -> EvacuationPlan.Guest {
        EvacuationPlan.Guest(domain: DomainID(number), name: name, needKB: mib << 10)
    }

    private func answer(freeMiB: UInt64?, _ problems: String...) -> MigrationFindings {
        var findings = MigrationFindings()
        findings.freeKiB = freeMiB.map { $0 << 10 }
        findings.problems = problems.map { .init("it", $0) }
        return findings
    }

    @Test func theLargestGoFirstToWhereMostIsFree() {
        let guests = [guest(1, "small", mib: 100), guest(2, "large", mib: 800), guest(3, "middle", mib: 300)]
        let answers = ["a": answer(freeMiB: 1000), "b": answer(freeMiB: 500)]
        let plan = EvacuationPlan(
            guests, hosts: ["a", "b"], findings: Dictionary(uniqueKeysWithValues: guests.map { ($0.domain, answers) }))
        #expect(plan.placements.map(\.guest.name) == ["large", "middle", "small"])
        #expect(plan.placements.map(\.host) == ["a", "b", "a"])
    }

    @Test func whatHasNoPlaceStaysAndSaysWhy() {
        let guests = [guest(1, "one", mib: 600), guest(2, "two", mib: 600), guest(3, "odd", mib: 10)]
        let plan = EvacuationPlan(
            guests, hosts: ["a"],
            findings: [
                DomainID(1): ["a": answer(freeMiB: 1000)], DomainID(2): ["a": answer(freeMiB: 1000)],
                DomainID(3): ["a": answer(freeMiB: 1000, "has a PCI device", "too old")],
            ])
        #expect(plan.placements.map(\.host) == ["a", nil, nil])
        #expect(plan.placements[1].reasons == ["a: memory: other guests of this host fill it"])
        #expect(plan.placements[2].reasons == ["a: it: has a PCI device; it: too old"])
    }

    @Test func aGuestThatCannotGoSaysSoOnce() {
        var fixed = guest(1, "fixed", mib: 10)
        fixed.refusal = "it must stay"
        let answers = ["a": answer(freeMiB: 1000), "b": answer(freeMiB: 1000)]
        let plan = EvacuationPlan(
            [fixed, guest(2, "free", mib: 995)], hosts: ["a", "b"],
            findings: [DomainID(1): answers, DomainID(2): answers])
        #expect(plan.placements.map(\.host) == ["a", nil])
        #expect(plan.placements[1].reasons == ["it must stay"])
    }

    @Test func aHostThatDoesNotAnswerComesLast() {
        let guests = [guest(1, "one", mib: 600), guest(2, "two", mib: 500)]
        let answers = ["mute": answer(freeMiB: nil), "a": answer(freeMiB: 700)]
        let plan = EvacuationPlan(
            guests, hosts: ["mute", "a"],
            findings: Dictionary(uniqueKeysWithValues: guests.map { ($0.domain, answers) }))
        #expect(plan.placements.map(\.host) == ["a", "mute"])
    }
}
