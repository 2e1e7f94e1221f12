import HostSimulator
import Testing
import XenToolstack
import XenTypes

@testable import xl

@Suite struct MonitorTests {
    /// Watches a domain, and has each of its lives end as said: `SHUTDOWN_*` in `xen/sched.h`.
    private func watch(_ host: SimulatedHost, _ domain: DomainID, endings: [UInt8]) async -> Bool {
        let context = CommandContext(options: GlobalOptions(), toolstack: host.toolstack)
        var monitor = Monitor(domain: domain, context: context)
        let (armed, arm) = AsyncStream<Void>.makeStream()
        monitor.armed = { arm.yield() }
        var lives = host.hypervisor.events().filter { $0.event == .unpaused }.makeAsyncIterator()
        let watching = Task { [monitor] in await monitor.run() }
        _ = await armed.first { true }
        var life: UInt32? = domain.rawValue
        for (index, reason) in endings.enumerated() {
            if index > 0 { life = await lives.next()?.domain }
            if let life { host.hypervisor.shutDown(life, reason: reason) }
        }
        return await watching.value == .success
    }

    @Test func startsAGuestAgainThatReboots() async throws {
        let host = try SimulatedHost()
        let given = try host.pvGuest("on_reboot='restart'\n\(try host.disk())")
        let before = host.snapshot
        let domain = try await host.start(given)
        #expect(await watch(host, domain, endings: [1, 1, 0]))
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func resetsAGuestInPlaceAndStaysWithIt() async throws {
        let host = try SimulatedHost()
        let given = try host.hvmGuest(try host.disk())
        let before = host.snapshot
        let domain = try await host.start(given)
        let memory = host.hypervisor.domains[domain.rawValue]?.content
        #expect(await watch(host, domain, endings: [5, 5, 0]))
        #expect(memory == "booted" && host.hypervisor.domains.keys.sorted() == [0])
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func keepsAGuestThatIsToBePreserved() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest("on_crash='preserve'"))
        #expect(await watch(host, domain, endings: [3]))
        #expect(host.hypervisor.domains[domain.rawValue]?.shutdownReason == 3)
        #expect(try host.toolstack.store.read("/local/domain/\(domain)/name") == "guest")
    }

    @Test func keepsACrashedGuestBesideTheOneThatFollows() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest("on_crash='rename-restart'"))
        #expect(await watch(host, domain, endings: [3, 0]))
        #expect(host.hypervisor.domains.keys.sorted() == [0, domain.rawValue])
        #expect(try host.toolstack.store.read("/local/domain/\(domain)/name")?.hasPrefix("guest-2") == true)
    }
}
