import DomainModel
import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct DeviceOrchestrationTests {
    @Test func connectsADiskAndACardAtCreation() async throws {
        let host = try SimulatedHost()
        let given = try host.pvGuest("\(try host.disk())\n\(try host.card())")
        let before = host.snapshot
        let domain = try await host.toolstack.create(given).domain
        #expect(host.connected == ["backend-vbd-\(domain)-51712", "backend-vif-\(domain)-0"])
        #expect(try host.toolstack.store.read("/local/domain/0/backend/vbd/\(domain)/51712/state") == "2")
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    /// As one leaves them that is killed when it has removed the last device of a kind.
    @Test func aDestructionRemovesTheEmptyDirectoriesOfAnEarlierOne() async throws {
        let host = try SimulatedHost()
        let guest = try host.pvGuest()
        let before = host.snapshot
        let domain = try await host.start(guest)
        host.store.access { store in
            store.remove("/libxl/\(domain)/device")
            store.remove("/local/domain/0/backend/console/\(domain)/0")
            store.write("/local/domain/0/backend/vif/\(domain)", "")
        }
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func attachesAndDetachesADisk() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let disk = try #require(try host.pvGuest(try host.disk()).disks.first)
        let before = host.snapshot
        let engine = DeviceEngine(host.toolstack)
        let attached = try await engine.attach(DiskClass.self, disk, to: domain)
        #expect(attached.backend == .phy)
        #expect(host.connected == ["backend-vbd-\(domain)-51712"])
        #expect(try host.toolstack.storedConfiguration(of: domain)?.disks.count == 1)
        let address = try #require(try engine.devices(of: domain, kinds: [.vbd]).first)
        try await engine.detach(DiskClass.self, address, force: .never)
        #expect(host.snapshot.changes(since: before) == [])
    }

    /// The kernel notes why a backend did not connect, which its guest can bring about as often as it likes.
    @Test func whatAFailedBackendHasNotedGoesWithTheDevice() async throws {
        let host = try SimulatedHost()
        let given = try host.pvGuest(try host.disk())
        let before = host.snapshot
        let domain = try await host.start(given)
        host.store.access { store in
            store.write("/local/domain/0/error/backend/vbd/\(domain)/51712/error", "2 reading ring-ref")
        }
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aSilentBackendLeavesNothingBehind() async throws {
        let host = try SimulatedHost { $0.deviceInitialise = .milliseconds(20) }
        let domain = try await host.start(try host.pvGuest())
        let disk = try #require(try host.pvGuest(try host.disk()).disks.first)
        let before = host.snapshot
        host.backends.silence("vbd")
        await #expect { try await DeviceEngine(host.toolstack).attach(DiskClass.self, disk, to: domain) } throws: {
            ($0 as? ToolstackError)?.code == .timedOut
        }
        #expect(host.snapshot.changes(since: before) == [])
    }
}
