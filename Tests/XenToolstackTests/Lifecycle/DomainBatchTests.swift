import DomainModel
import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DomainBatchTests {
    private func guest(_ name: String, _ change: (inout DomainConfiguration) -> Void = { _ in }) -> DomainConfiguration
    {
        var configuration = DomainConfiguration()
        configuration.createInfo.name = name
        change(&configuration)
        return configuration
    }

    @Test func whatEachMustHaveForItselfIsNotSharedByTwo() {
        #expect(DomainBatch.conflicts(in: []).isEmpty)
        #expect(DomainBatch.conflicts(in: [guest("a"), guest("b")]).isEmpty)
        #expect(
            DomainBatch.conflicts(in: [guest("a"), guest("a")]) == ["name a would be used by more than one domain"])
        let uuid = XenUUID.random()
        let mac = MACAddress("00:16:3e:00:00:01")
        let claim: (inout DomainConfiguration) -> Void = {
            $0.createInfo.uuid = uuid
            $0.createInfo.domainID = DomainID(7)
            var nic = NICDevice()
            nic.mac = mac
            nic.interfaceName = "lan"
            $0.nics = [nic]
        }
        let words = DomainBatch.conflicts(in: [guest("a", claim), guest("b"), guest("c", claim)])
        #expect(words.map { $0.prefix { $0 != " " } } == ["uuid", "MAC", "vifname", "domid"])
    }

    @Test func numbersThatTheHypervisorChoosesAreNoConflict() {
        let guests = ["a", "b"].map { guest($0) { $0.createInfo.domainID = CreateOptions.Numbering.random.stored } }
        #expect(DomainBatch.conflicts(in: guests).isEmpty)
    }

    @Test func memoryIsThereForAllOrForNone() async throws {
        let host = try SimulatedHost()
        let guest = try host.pvGuest()
        let need = try host.toolstack.migrationNeedKiB(of: guest)
        let free = try host.toolstack.freeMemoryKiB()
        let most = Int(free / need)
        #expect(
            try await host.toolstack.prepareMemory(
                for: Array(repeating: guest, count: most), options: CreateOptions()) == nil)
        let error = await #expect(throws: ToolstackError.self) {
            _ = try await host.toolstack.prepareMemory(
                for: Array(repeating: guest, count: most + 1), options: CreateOptions())
        }
        #expect(error?.code == .noMemory)
        #expect("\(try #require(error))".contains("they need \(need * UInt64(most + 1)) KiB together"))
    }
}
