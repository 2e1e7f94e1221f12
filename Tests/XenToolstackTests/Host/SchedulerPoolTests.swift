import DomainModel
import HostSimulator
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

@Suite struct SchedulerPoolTests {
    /// `XEN_SCHEDULER_*` in `xen/domctl.h`.
    private let credit: UInt32 = 5
    private let credit2: UInt32 = 6
    private let rtds: UInt32 = 8

    private func host(_ scheduler: UInt32) throws -> SimulatedHost {
        let host = try SimulatedHost()
        try host.hypervisor.access { $0.scheduler = scheduler }
        return host
    }

    private func parameters(_ change: (inout SchedulerParameters) -> Void) -> SchedulerParameters {
        var parameters = SchedulerParameters()
        change(&parameters)
        return parameters
    }

    @Test(arguments: [DomainModel.Scheduler.credit, .credit2])
    func aWeightAndACapAreSetAndShown(_ scheduler: DomainModel.Scheduler) async throws {
        let host = try host(UInt32(scheduler.rawValue))
        let domain = try await host.start(try host.pvGuest())
        try host.toolstack.setShare(
            parameters { ($0.sched, $0.weight, $0.cap) = (scheduler, 512, 50) }, of: domain)
        #expect(host.hypervisor.domains[domain.rawValue]?.share.weight == 512)
        let pool = try #require(try host.toolstack.schedulerPools(scheduler).first)
        #expect(pool.name == "Pool-0")
        let shown = try #require(pool.domains?.first { $0.domain == domain })
        #expect(shown.share == .credit(CreditParameters(weight: 512, cap: 50)))
        #expect(pool.domains?.first?.name == "Domain-0")
        #expect(try host.toolstack.schedulerPool(of: domain, scheduler).domains == [shown])
    }

    @Test func theKeysOfAConfigurationDoTheSame() async throws {
        let host = try host(rtds)
        let domain = try await host.start(
            try host.pvGuest("vcpus = 2\nperiod = 20000\nextratime = 0"))
        let share = RTDSParameters(period: 20000, budget: 4000, extraTime: false)
        let shown = try host.toolstack.schedulerPool(of: domain, .rtds, vcpus: .all).domains?.first?.share
        #expect(shown == .vcpus([.init(vcpu: 0, parameters: share), .init(vcpu: 1, parameters: share)]))
        let current = try await host.toolstack.currentConfiguration(of: domain).buildInfo.schedulerParameters
        #expect((current.period, current.budget, current.extratime) == (20000, 4000, 0))
        let first = RTDSParameters(period: 10000, budget: 4000, extraTime: true)
        #expect(try host.toolstack.schedulerPool(of: domain, .rtds).domains?.first?.share == .rtds(first))
    }

    @Test func whatOnlyAnotherSchedulerHasIsTold() async throws {
        let host = try host(rtds)
        let domain = try await host.start(try host.pvGuest())
        let settings = SchedulingSettings(parameters { ($0.weight, $0.cap, $0.period) = (300, 50, 20000) })
        let applied = try settings.apply(to: domain, hypervisor: host.toolstack.hypervisor)
        #expect(applied.scheduler == .rtds && applied.lost == ["cpu_weight", "cap"])
    }

    @Test func vCPUsHaveSharesOfTheirOwn() async throws {
        let host = try host(rtds)
        let domain = try await host.start(try host.pvGuest("vcpus = 3"))
        let wanted = parameters { ($0.period, $0.budget, $0.extratime) = (300, 100, 0) }
        try host.toolstack.setShares([(vcpu: 2, parameters: wanted)], of: domain)
        let shown = try host.toolstack.schedulerPool(of: domain, .rtds, vcpus: .some([0, 2])).domains?.first?.share
        #expect(
            shown
                == .vcpus([
                    .init(vcpu: 0, parameters: RTDSParameters(period: 10000, budget: 4000, extraTime: true)),
                    .init(vcpu: 2, parameters: RTDSParameters(period: 300, budget: 100, extraTime: false)),
                ]))
        // No configuration can say so.
        let current = try await host.toolstack.currentConfiguration(of: domain).buildInfo.schedulerParameters
        #expect(current.period == nil)
    }

    @Test func whatCannotBeSetChangesNothing() async throws {
        let host = try host(rtds)
        let domain = try await host.start(try host.pvGuest("vcpus = 2"))
        let good = parameters { ($0.period, $0.budget, $0.extratime) = (300, 100, 0) }
        let tooShort = parameters { ($0.period, $0.budget, $0.extratime) = (9, 9, 0) }
        let tooMuch = parameters { ($0.period, $0.budget, $0.extratime) = (300, 301, 0) }
        for (vcpu, wrong) in [(UInt32(1), tooShort), (1, tooMuch), (2, good)] {
            #expect(throws: ToolstackError.self) {
                try host.toolstack.setShares([(0, good), (vcpu, wrong)], of: domain)
            }
        }
        #expect(host.hypervisor.domains[domain.rawValue]?.share.vcpus == [:])
    }

    @Test func anotherSchedulersDomainIsRefused() async throws {
        let host = try host(credit2)
        let domain = try await host.start(try host.pvGuest())
        let settings = parameters { ($0.sched, $0.weight) = (.credit, 2) }
        #expect {
            try host.toolstack.setShare(settings, of: domain)
        } throws: {
            "\($0)".contains("is credit2, not credit")
        }
        #expect(throws: ToolstackError.self) { try host.toolstack.schedulerPool(of: domain, .rtds) }
        #expect(throws: ToolstackError.self) { try host.toolstack.setShares([], of: domain) }
        #expect(try host.toolstack.schedulerPools(.rtds) == [])
        #expect(host.hypervisor.domains[domain.rawValue]?.share.weight == 256)
    }

    @Test func thePoolsSettingsStayWithinTheHypervisors() throws {
        let host = try host(credit)
        let pool = try host.toolstack.findCPUPool("Pool-0")
        try host.toolstack.change(
            pool, .credit, to: SchedulerPoolChange(timesliceMilliseconds: 5, migrationDelayMicroseconds: 100))
        #expect(
            host.toolstack.schedulerPool(pool, .credit).settings
                == .credit(
                    CreditPoolParameters(
                        timesliceMilliseconds: 5, rateLimitMicroseconds: 1000, migrationDelayMicroseconds: 100)))
        for change in [
            SchedulerPoolChange(timesliceMilliseconds: 0), SchedulerPoolChange(timesliceMilliseconds: 1001),
            SchedulerPoolChange(rateLimitMicroseconds: 99), SchedulerPoolChange(rateLimitMicroseconds: 5001),
            SchedulerPoolChange(rateLimitMicroseconds: -1), SchedulerPoolChange(migrationDelayMicroseconds: 100_001),
        ] {
            #expect(throws: ToolstackError.self, "\(change)") {
                try host.toolstack.change(pool, .credit, to: change)
            }
        }
        #expect(try host.hypervisor.access { $0.poolSettings } == [5, 1000, 100])
        #expect(host.toolstack.schedulerPool(pool, .credit2).settings == nil)
    }
}
