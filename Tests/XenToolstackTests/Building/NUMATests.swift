import DomainModel
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct NUMAPlacementTests {
    /// Four nodes of two CPUs each.
    private func host(free: [UInt64] = [100, 100, 100, 100], vcpus: [Int] = [0, 0, 0, 0]) -> NUMAPlacement.Host {
        NUMAPlacement.Host(freeKB: free, nodeOfCPU: [0, 0, 1, 1, 2, 2, 3, 3], vcpusOnNode: vcpus)
    }
    private let all = Bitmap(0..<8)

    @Test func prefersIdleNodes() {
        let best = NUMAPlacement.best(neededKB: 50, vcpus: 2, suitable: all, host: host(vcpus: [4, 2, 1, 3]))
        #expect(best?.nodes == [2] && best?.cpuCount == 2)
    }

    @Test func prefersMemoryAmongEquallyBusyNodesAndTheFirstAmongEquals() {
        #expect(NUMAPlacement.best(neededKB: 50, vcpus: 1, suitable: all, host: host())?.nodes == [0])
        let best = NUMAPlacement.best(neededKB: 50, vcpus: 1, suitable: all, host: host(free: [60, 90, 80, 90]))
        #expect(best?.nodes == [1])
    }

    @Test func takesAsFewNodesAsWillDo() {
        #expect(NUMAPlacement.best(neededKB: 150, vcpus: 1, suitable: all, host: host())?.nodes == [0, 1])
        #expect(NUMAPlacement.best(neededKB: 10, vcpus: 5, suitable: all, host: host())?.nodes == [0, 1, 2])
        let best = NUMAPlacement.best(
            neededKB: 150, vcpus: 3, suitable: all, host: host(free: [90, 20, 90, 100], vcpus: [9, 0, 1, 1]))
        #expect(best?.nodes == [2, 3] && best?.freeKB == 190 && best?.vcpuCount == 2)
    }

    @Test func staysWithinTheSuitableCPUs() {
        let best = NUMAPlacement.best(neededKB: 10, vcpus: 1, suitable: [5, 6], host: host())
        #expect(best?.nodes == [2] && best?.cpuCount == 1)
        #expect(NUMAPlacement.best(neededKB: 10, vcpus: 3, suitable: [5, 6], host: host()) == nil)
    }

    @Test func givesUpWithoutChoice() {
        #expect(NUMAPlacement.best(neededKB: 500, vcpus: 1, suitable: all, host: host()) == nil)
        #expect(NUMAPlacement.best(neededKB: 1, vcpus: 1, suitable: [], host: host()) == nil)
        let one = NUMAPlacement.Host(freeKB: [100], nodeOfCPU: [0, 0], vcpusOnNode: [0])
        #expect(NUMAPlacement.best(neededKB: 1, vcpus: 1, suitable: [0, 1], host: one) == nil)
        let many = NUMAPlacement.Host(
            freeKB: Array(repeating: 9, count: 17), nodeOfCPU: Array(0..<17),
            vcpusOnNode: Array(repeating: 0, count: 17))
        #expect(NUMAPlacement.best(neededKB: 1, vcpus: 1, suitable: Bitmap(0..<17), host: many) == nil)
    }

    @Test func looksAtAllCombinationsOfSixteenNodes() {
        let wide = NUMAPlacement.Host(
            freeKB: Array(repeating: 10, count: 16), nodeOfCPU: Array(0..<16),
            vcpusOnNode: (0..<16).map { 15 - $0 })
        let best = NUMAPlacement.best(neededKB: 75, vcpus: 8, suitable: Bitmap(0..<16), host: wide)
        #expect(best?.nodes == Bitmap(8..<16))
    }

    @Test func startsFromOneNodeWhereNodesDiffer() {
        let uneven = NUMAPlacement.Host(
            freeKB: [100, 100], nodeOfCPU: [0, 1, 1, 1, nil], vcpusOnNode: [0, 0])
        #expect(NUMAPlacement.best(neededKB: 1, vcpus: 3, suitable: Bitmap(0..<5), host: uneven)?.nodes == [1])
    }

    @Test func countsVCPUsOnceForEachNodeTheyMayUse() {
        let others = [
            NUMAPlacement.OtherVCPU(hardAffinity: [0, 1, 2], poolCPUs: [0, 1, 2, 3], nodes: [0, 1]),
            NUMAPlacement.OtherVCPU(hardAffinity: [0, 1, 2], poolCPUs: [2], nodes: [0, 1]),
            NUMAPlacement.OtherVCPU(hardAffinity: [0, 2], poolCPUs: [0, 2], nodes: [0]),
            NUMAPlacement.OtherVCPU(hardAffinity: [100], poolCPUs: [100], nodes: [0]),
        ]
        let counts = NUMAPlacement.vcpusOnNode(
            others, suitable: Bitmap(0..<4), nodeOfCPU: [0, 0, 1, 1], nodeCount: 2)
        #expect(counts == [2, 2])
    }
}

@Suite struct VirtualNUMATests {
    private func info(_ change: (inout BuildInfo) -> Void = { _ in }) -> BuildInfo {
        var info = BuildInfo()
        info.maxVCPUs = 4
        info.maxMemKB = 6 << 20
        info.videoMemKB = 0
        info.vnumaNodes = [0, 1].map { node in
            var virtual = VirtualNode()
            virtual.memKB = 3 << 20
            virtual.physicalNode = UInt32(node)
            virtual.distances = node == 0 ? [10, 20] : [20, 10]
            virtual.vcpus = [node * 2, node * 2 + 1]
            return virtual
        }
        change(&info)
        return info
    }

    private func build(_ info: BuildInfo) throws(ToolstackError) -> VirtualNUMA {
        try VirtualNUMA(info, layout: .pvh(memory: 6 << 30), nodeOfCPU: [0, 0, 1, 1], nodeCount: 2)
    }

    @Test func cutsMemoryAroundTheHole() throws {
        let numa = try build(info())
        let gib: UInt64 = 1 << 30
        #expect(
            numa.ranges == [
                VirtualMemoryRange(start: 0, end: 3 * gib, node: 0),
                VirtualMemoryRange(start: 3 * gib, end: 0xFC00_0000, node: 1),
                VirtualMemoryRange(start: 4 * gib, end: 6 * gib + 0x400_0000, node: 1),
            ])
        #expect(numa.nodeOfVCPU == [0, 0, 1, 1] && numa.physicalNode == [0, 1] && numa.warnings.isEmpty)
        #expect(numa.acpi.distances == [10, 20, 20, 10])
    }

    @Test func warnsOfAffinitiesThatDoNotMatch() throws {
        let numa = try build(info { $0.vcpuSoftAffinity = [[0, 1], [2], [2, 3], [0, 2]] })
        #expect(numa.warnings.count == 2)
    }

    private static let contradictions: [(reason: String, change: @Sendable (inout BuildInfo) -> Void)] = [
        ("vCPU 1 is assigned to more than one node", { $0.vnumaNodes[1].vcpus = [1, 2, 3] }),
        ("vCPU 3 is not assigned", { $0.vnumaNodes[1].vcpus = [2] }),
        ("this host has 2", { $0.vnumaNodes[1].physicalNode = 2 }),
        ("this host has 2", { $0.vnumaNodes[1].physicalNode = .max }),
        ("the domain has 6291457 KiB", { $0.maxMemKB = 6 << 20 | 1 }),
        ("KiB together", { $0.vnumaNodes[0].memKB = .max }),
        ("1 distances instead of 2", { $0.vnumaNodes[0].distances = [10] }),
        ("nearer to node 1 than to itself", { $0.vnumaNodes[0].distances = [30, 20] }),
        ("video memory", { $0.videoMemKB = 4 << 20 }),
    ]

    @Test(arguments: contradictions.indices) func refusesContradictions(index: Int) {
        let (reason, change) = Self.contradictions[index]
        let error = #expect(throws: ToolstackError.self) { try build(info(change)) }
        #expect(error?.code == .vnumaConfigurationInvalid)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
}
