import DomainModel
import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

/// Expected texts are what upstream's xl 4.17 printed on a host with these pools.
@Suite struct CPUPoolOutputTests {
    private let pools = [
        CPUPool(id: 0, name: "Pool-0", scheduler: .credit2, domains: 3, cpus: [0, 1, 3]),
        CPUPool(id: 7, name: "made\u{1B}", scheduler: .rtds, domains: 0, cpus: []),
    ]

    @Test func tables() {
        #expect(
            CPUPoolText.table(pools, listsCPUs: false) == """
                Name               CPUs   Sched     Active   Domain count
                Pool-0               3   credit2       y          3
                made\\x1b             0      rtds       y          0
                """)
        #expect(
            CPUPoolText.table([pools[0]], listsCPUs: true) == """
                Name               CPU list
                Pool-0             0,1,3
                """)
    }

    @Test func whatIsMade() {
        #expect(
            CPUPoolText.plan(CPUPoolPlan(name: "p", scheduler: .credit, cpus: [1]), source: "command line") == """
                Using config file "command line"
                cpupool name:   p
                scheduler:      credit
                number of cpus: 1
                """)
    }

    @Test func documentsAreAsTheirSchemasSay() throws {
        let unknown = CPUPool(id: 9, name: nil, scheduler: nil, domains: 0, cpus: [])
        let list = try YajlEncoder().encode(CPUPoolJSON.document(pools + [unknown]))
        #expect(try JSONSchema(named: "cpupool-list").problems(in: list) == [])
        for id in [UInt32?.none, 4] {
            let plan = CPUPoolPlan(name: "p", scheduler: .null, cpus: [0, 2])
            let document = try YajlEncoder().encode(CPUPoolJSON.plan(plan, id: id))
            #expect(try JSONSchema(named: "cpupool-create").problems(in: document) == [])
        }
    }
}
