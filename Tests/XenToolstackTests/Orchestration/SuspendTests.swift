import DomainModel
import HostSimulator
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

/// Guests that stand still in memory and go on.
@Suite struct SuspendTests {
    /// A kind of guest, and what it offers to whoever wants it to suspend.
    struct Kind: Sendable, CustomTestStringConvertible {
        let type: DomainType
        let testDescription: String
        /// Which request brings it to stand still, without the domain's number.
        let request: String
        var offersChannel = false
        /// `HVM_PARAM_*`.
        var parameters: [UInt32: UInt64] = [:]
    }

    private static let asked = "WRITE /local/domain/DOMAIN/control/shutdown"
    private static let signalled = "xenevtchn_notify DOMAIN"
    private static let kinds = [
        Kind(type: .pv, testDescription: "PV", request: asked),
        Kind(type: .pv, testDescription: "PV with a channel", request: signalled, offersChannel: true),
        Kind(type: .pvh, testDescription: "PVH", request: asked),
        Kind(type: .pvh, testDescription: "PVH with a channel", request: signalled, offersChannel: true),
        Kind(type: .hvm, testDescription: "HVM without drivers", request: "xc_domain_shutdown DOMAIN"),
        Kind(
            type: .hvm, testDescription: "HVM with drivers", request: asked,
            parameters: [HVMParameter.callbackIRQ.rawValue: 1]),
        Kind(
            type: .hvm, testDescription: "HVM in S3", request: "xc_domain_shutdown DOMAIN",
            parameters: [HVMParameter.callbackIRQ.rawValue: 1, HVMParameter.acpiSState.rawValue: 3]),
    ]

    /// A guest that runs.
    private func start(_ kind: Kind, on host: SimulatedHost) async throws -> DomainID {
        let given =
            switch kind.type {
            case .hvm: try host.hvmGuest()
            case .pvh: try host.pvhGuest()
            default: try host.pvGuest()
            }
        let domain = try await host.start(given)
        try host.hypervisor.access { machine in
            machine.domains[domain.rawValue]?.parameters.merge(kind.parameters) { $1 }
        }
        guard kind.offersChannel else { return domain }
        let port = try host.toolstack.hypervisor.allocateUnboundPort(in: domain, for: .control)
        host.store.access { $0.write("/local/domain/\(domain)/device/suspend/event-channel", "\(port)") }
        return domain
    }

    /// The requests to hypervisor and store during `body`, without the domain's number.
    private func requests(
        to host: SimulatedHost, about domain: DomainID, _ body: () async throws -> Void
    ) async throws -> [String] {
        host.faults.start()
        try await body()
        host.faults.stop()
        return host.faults.points.map { point in
            point.name.split(separator: " ").map { word in
                word.split(separator: "/", omittingEmptySubsequences: false)
                    .map { $0 == "\(domain)" ? "DOMAIN" : $0 }.joined(separator: "/")
            }.joined(separator: " ")
        }
    }

    @Test(arguments: kinds) func aGuestStandsStillUntilItIsResumed(_ kind: Kind) async throws {
        let host = try SimulatedHost()
        let domain = try await start(kind, on: host)
        let before = host.snapshot
        let told = host.log.lines.count
        let asked = try await requests(to: host, about: domain) { try await host.toolstack.suspend(domain) }
        let ways = Set(Self.kinds.map(\.request))
        #expect(asked.filter { ways.contains($0) } == [kind.request])
        #expect(host.hypervisor.domains[domain.rawValue]?.shutdownReason == 2)
        #expect(host.qemu.commands.contains("stop") == (kind.type == .hvm))
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)

        let resumed = try await requests(to: host, about: domain) { try await host.toolstack.resume(domain) }
        // xenstored hears of it when the guest goes on, and not before.
        let order = ["xc_domain_resume DOMAIN", "RESUME DOMAIN"]
        #expect(resumed.filter { order.contains($0) } == order)
        let guest = try #require(host.hypervisor.domains[domain.rawValue])
        #expect(guest.shutdownReason == nil && guest.pauseCount == 0)
        #expect(guest.lastResume == 1, "it keeps its connections")
        #expect((host.qemu.commands.last == "cont") == (kind.type == .hvm))
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
        #expect(host.log.lines.dropFirst(told).filter { !$0.hasPrefix("debug") } == [])
    }

    @Test func aGuestWhoseDriversCannotGoOnMakesItsConnectionsAnew() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        try await host.toolstack.suspend(domain)
        // One that stands still already is not asked again.
        try await host.toolstack.suspend(domain)
        try await host.toolstack.resume(domain, cooperative: false)
        #expect(host.hypervisor.domains[domain.rawValue]?.lastResume == 0)
    }

    @Test func whatCannotBeDoneChangesNothing() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.pvGuest())
        let before = host.snapshot
        func refusal(_ body: () async throws -> Void) async -> String? {
            do { try await body() } catch { return (error as? ToolstackError)?.cause }
            return nil
        }
        #expect(await refusal { try await host.toolstack.suspend(.control) } == "it is the control domain")
        #expect(await refusal { try await host.toolstack.resume(domain) } == "it is not suspended")
        host.hypervisor.shutDown(domain.rawValue, reason: 0)
        #expect(await refusal { try await host.toolstack.resume(domain) } == "it is not suspended")
        #expect(
            await refusal { try await host.toolstack.suspend(domain) } == "it has shut down instead, with reason 0")
        #expect(host.snapshot.nodes == before.nodes && host.snapshot.files == before.files)
    }

    /// A machine whose devices run on while its processors stand still would lose time and interrupts.
    @Test func aGuestWhoseQEMUDoesNotStopGoesOn() async throws {
        let host = try SimulatedHost()
        let domain = try await host.start(try host.hvmGuest())
        host.qemu.refuse("stop", "GenericError")
        let error = await #expect(throws: ToolstackError.self) { try await host.toolstack.suspend(domain) }
        #expect(error?.message == "cannot stop the QEMU of domain \(domain)")
        #expect(host.hypervisor.domains[domain.rawValue]?.shutdownReason == nil)
        #expect(host.qemu.commands.last == "cont")
        host.qemu.refuse("stop", nil)
        try await host.toolstack.suspend(domain)
        #expect(host.hypervisor.domains[domain.rawValue]?.shutdownReason == 2)
    }
}
