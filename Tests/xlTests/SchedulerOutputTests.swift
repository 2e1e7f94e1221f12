import DomainModel
import Testing
import XenControl
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

/// The texts are what upstream's xl 4.17 prints by its formats; those of credit2 were seen on a host.
@Suite struct SchedulerOutputTests {
    private let credit = SchedulerPool(
        id: 0, name: "Pool-0",
        settings: .credit(
            CreditPoolParameters(
                timesliceMilliseconds: 30, rateLimitMicroseconds: 1000, migrationDelayMicroseconds: 0)),
        domains: [
            .init(domain: DomainID(0), name: "Domain-0", share: .credit(CreditParameters(weight: 256, cap: 0))),
            .init(domain: DomainID(7), name: "web\u{1B}", share: .credit(CreditParameters(weight: 65535, cap: 400))),
        ])
    private let rtds = SchedulerPool(
        id: 1, name: "real-time", settings: nil,
        domains: [
            .init(
                domain: DomainID(3), name: nil,
                share: .rtds(RTDSParameters(period: 10000, budget: 4000, extraTime: true)))
        ])
    private let vcpus = SchedulerPool(
        id: 1, name: nil, settings: nil,
        domains: [
            .init(
                domain: DomainID(3), name: "guest",
                share: .vcpus([
                    .init(vcpu: 0, parameters: RTDSParameters(period: 10000, budget: 4000, extraTime: false)),
                    .init(vcpu: 11, parameters: RTDSParameters(period: 123_456_789, budget: 10, extraTime: true)),
                ]))
        ])

    @Test func creditsPools() {
        #expect(
            SchedulerOutput.text([credit], .credit) == """
                Cpupool Pool-0: tslice=30ms ratelimit=1000us migration-delay=0us
                Name                                ID Weight  Cap
                Domain-0                             0    256    0
                web\\x1b                              7  65535  400
                """)
        #expect(
            SchedulerOutput.text([credit], .credit, isOneDomain: true).hasPrefix("Name                    "))
    }

    @Test func creditsSettings() {
        var pool = credit
        pool.domains = nil
        #expect(
            SchedulerOutput.text([pool], .credit)
                == "Cpupool Pool-0: tslice=30ms ratelimit=1000us migration-delay=0us")
        pool.settings = .credit2(rateLimitMicroseconds: 1000)
        #expect(SchedulerOutput.text([pool], .credit2) == "Cpupool Pool-0: ratelimit=1000us")
        pool.settings = nil
        #expect(SchedulerOutput.text([pool], .credit2) == "Cpupool Pool-0: [sched params unavailable]")
    }

    @Test func realTimePools() {
        #expect(
            SchedulerOutput.text([rtds], .rtds) == """
                Cpupool real-time: sched=RTDS
                Name                                ID    Period    Budget  Extratime
                (null)                               3     10000      4000        yes
                """)
        #expect(
            SchedulerOutput.text([vcpus], .rtds, vcpus: .all) == """
                Cpupool (null): sched=RTDS
                Name                                ID VCPU    Period    Budget  Extratime
                guest                                3    0     10000      4000         no
                guest                                3   11 123456789        10        yes
                """)
    }

    @Test func documentsAreAsTheirSchemasSay() throws {
        var bare = credit
        (bare.domains, bare.settings) = (nil, nil)
        for (name, scheduler, pools) in [
            ("sched-credit", DomainModel.Scheduler.credit, [credit, bare]),
            ("sched-credit2", .credit2, [credit, bare]),
            ("sched-rtds", .rtds, [rtds, vcpus]),
        ] {
            let document = try YajlEncoder().encode(SchedulerOutput.document(pools, scheduler))
            #expect(try JSONSchema(named: name).problems(in: document) == [])
        }
    }

    @Test func optionsGoTogetherAsUpstreams() async {
        for (words, status) in [
            ("sched-credit -w 5", 1), ("sched-credit -s -d 0", 1), ("sched-credit -p Pool-0 -w 5", 1),
            ("sched-credit -r 5", 1), ("sched-credit -w x -d 0", 2), ("sched-credit extra", 2),
            ("sched-credit2 -c 5", 1), ("sched-credit2 -t 5", 2), ("sched-credit2 -r 5", 1),
            ("sched-rtds -e 2 -d 0", 1), ("sched-rtds -v 0", 1), ("sched-rtds -d 0 -p 1 -b 1 -e 0", 1),
            ("sched-rtds -d 0 -v 0 -v all", 1), ("sched-rtds -d 0 -v x", 1), ("sched-rtds -d 0 -v 0 -p 1", 1),
            ("sched-rtds -c Pool-0 -v all", 1), ("sched-rtds -d 0 -v 0 -p x", 2),
        ] {
            let words = words.split(separator: " ").map(String.init)
            #expect(await Main.run(words).rawValue == status, "\(words)")
        }
    }
}
