import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

/// The events of a host while things happen to its domains.
@Suite(.timeLimit(.minutes(1))) struct EventTests {
    /// Gathers the events of a domain until one of them is `last`.
    private func gather(
        _ events: DomainEvents, of domain: DomainID? = nil, until last: DomainEvent.Change
    ) async throws -> [DomainEvent.Change] {
        var changes: [DomainEvent.Change] = []
        for try await event in events where domain == nil || event.domain == domain {
            changes.append(event.change)
            if event.change == last { break }
        }
        return changes
    }

    @Test func aGuestsLifeIsTold() async throws {
        let host = try SimulatedHost()
        let guest = try host.pvGuest("\(try host.disk())\n\(try host.card())")
        var events = host.toolstack.events(includingPresent: true).makeAsyncIterator()
        var changes: [DomainEvent.Change] = []
        func follow(until last: DomainEvent.Change) async throws {
            while let event = try await events.next() {
                if event.domain != .control { changes.append(event.change) }
                if event.change == last { return }
            }
        }
        #expect(try await events.next()?.domain == .control)
        let domain = try await host.start(guest)
        try await follow(until: .running)
        try host.toolstack.pause(domain)
        try await follow(until: .paused)
        try await host.toolstack.unpause(domain)
        try await follow(until: .running)
        host.store.access { $0.write("/local/domain/\(domain)/attr/vif/0/ipv4/0", "10.0.0.7") }
        let address = try #require(GuestAddress(card: 0, "10.0.0.7"))
        try await follow(until: .addresses([address]))
        host.hypervisor.shutDown(domain.rawValue, reason: 0)
        try await follow(until: .shutDown(.poweroff))
        try await host.toolstack.destroy(domain)
        try await follow(until: .destroyed)
        let disk = DeviceAddress(domain: domain, kind: .vbd, id: 51712)
        #expect(changes.contains(.device(DeviceView(address: disk, state: .initWait))))
        let states = changes.filter { change in
            switch change {
            case .device, .deviceRemoved, .addresses([]): false
            default: true
            }
        }
        #expect(
            states == [
                .created, .running, .paused, .running, .addresses([address]), .shutDown(.poweroff), .destroyed,
            ])
    }

    @Test func aLostConnectionIsMadeAgainAndNothingIsToldTwice() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let watched = host.toolstack.events(includingPresent: true) { $0.domain == domain }
        var iterator = watched.makeAsyncIterator()
        #expect(try await iterator.next()?.change == .created)
        #expect(try await iterator.next()?.change == .running)
        host.faults.start((.store, 0, .disconnect))
        host.store.access { $0.write("/local/domain/\(domain)/attr/vif/0/ipv4/0", "10.0.0.7") }
        let address = try #require(GuestAddress(card: 0, "10.0.0.7"))
        #expect(try await iterator.next()?.change == .addresses([address]))
        #expect(host.faults.hit != nil, "the connection was lost")
        host.hypervisor.shutDown(domain.rawValue, reason: 3)
        #expect(try await iterator.next()?.change == .shutDown(.crash))
    }

    @Test func onlyWhatIsFollowedIsTold() async throws {
        let host = try SimulatedHost()
        let first = try await host.start(try host.pvGuest())
        let second = try await host.start(try host.pvGuest("name='other'"))
        var events = host.toolstack.events(includingPresent: true) { $0.name == "other" }.makeAsyncIterator()
        #expect(try await events.next()?.change == .created)
        #expect(try await events.next()?.change == .running)
        host.hypervisor.shutDown(first.rawValue, reason: 0)
        host.hypervisor.shutDown(second.rawValue, reason: 1)
        let event = try #require(try await events.next())
        #expect(event.domain == second && event.change == .shutDown(.reboot))
    }

    @Test func waitsEndAsTheyMust() async throws {
        let host = try SimulatedHost()
        let toolstack = host.toolstack
        let domain = try await toolstack.create(try host.pvGuest(host.disk())).domain
        await #expect { try await toolstack.wait(for: .running, of: [domain], within: .milliseconds(50)) } throws: {
            let error = $0 as? ToolstackError
            return error?.code == .timedOut && error?.cause?.contains("it is paused") == true
        }
        await #expect { try await toolstack.wait(for: .connected, of: [domain], within: .milliseconds(50)) } throws: {
            let error = $0 as? ToolstackError
            return error?.code == .timedOut && error?.cause?.contains("vbd 51712 is init_wait") == true
        }
        async let connected = toolstack.wait(for: .connected, of: [domain], within: .seconds(60))
        try await idle(for: .milliseconds(100))
        host.store.access { $0.write("/local/domain/0/backend/vbd/\(domain)/51712/state", "4") }
        #expect(try await connected.first??.domain == domain)
        let waited = Task { try await toolstack.wait(for: .address, of: [domain], within: .seconds(60)) }
        try await idle(for: .milliseconds(100))
        host.hypervisor.shutDown(domain.rawValue, reason: 0)
        await #expect { _ = try await waited.value } throws: { ($0 as? ToolstackError)?.code == .domainDestroyed }
        try await toolstack.destroy(domain)
        #expect(try await toolstack.wait(for: .gone, of: [domain], within: .seconds(60)) == [nil])
    }

    @Test func guestsAreCounted() async throws {
        let host = try SimulatedHost()
        try await host.toolstack.waitForGuests(0, within: .seconds(60))
        async let two: Void = host.toolstack.waitForGuests(2, within: .seconds(60))
        _ = try await host.start(try host.pvGuest())
        _ = try await host.start(try host.pvGuest("name='other'"))
        try await two
    }

    @Test func cancellingEndsBoth() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let events = Task { try await gather(host.toolstack.events(), until: .destroyed) }
        let wait = Task { try await host.toolstack.wait(for: .gone, of: [domain]) }
        try await idle(for: .milliseconds(100))
        events.cancel()
        wait.cancel()
        #expect(try await events.value == [])
        await #expect { _ = try await wait.value } throws: { ($0 as? ToolstackError)?.code == .aborted }
    }
}
