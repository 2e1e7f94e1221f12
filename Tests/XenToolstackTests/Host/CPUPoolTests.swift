import DomainConfig
import DomainModel
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct CPUPoolPlanTests {
    private let host = CPUPoolPlan.Host(nodes: [[0, 1], [2, 3]], free: [1, 2, 3], scheduler: .credit2)

    private func plan(_ change: (inout CPUPoolConfig) -> Void) throws(ToolstackError) -> CPUPoolPlan {
        var configuration = CPUPoolConfig(name: "p")
        change(&configuration)
        return try CPUPoolPlan(configuration, host: host)
    }

    @Test func processorsComeFromNodesOrAreNamed() throws {
        #expect(try plan { _ in } == CPUPoolPlan(name: "p", scheduler: .credit2, cpus: []))
        #expect(try plan { $0.cpus = [1, 3] }.cpus == [1, 3])
        #expect(try plan { $0.nodes = [0] }.cpus == [1])
        #expect(try plan { $0.nodes = [0, 1, 9] }.cpus == [1, 2, 3])
        #expect(try plan { ($0.nodes, $0.cpus, $0.scheduler) = ([1], [0], .rtds) }.cpus == [2, 3])
    }

    @Test func whatIsNotFreeIsRefused() {
        #expect(throws: ToolstackError.self) { try plan { $0.cpus = [0, 1] } }
        #expect(throws: ToolstackError.self) { try plan { $0.cpus = [4] } }
        #expect(throws: ToolstackError.self) { try plan { $0.nodes = [] } }
        #expect(throws: ToolstackError.self) { try plan { $0.nodes = [7] } }
    }

    @Test func aSplitMakesAPoolOfEachNodeWithProcessors() throws {
        let split = try #require(CPUPoolSplit(nodes: [[4, 5], [], [0, 1], [2, 3]]))
        #expect(split.first == .init(node: 2, cpus: [0, 1]))
        #expect(split.others == [.init(node: 3, cpus: [2, 3]), .init(node: 0, cpus: [4, 5])])
        #expect(split.others.map(\.name) == ["Pool-node3", "Pool-node0"])
        #expect(CPUPoolSplit(nodes: [[], []]) == nil)
    }
}
