import HostSimulator
import Synchronization
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct EvacuationTests {
    private static let refused = ToolstackError(.fail, "no way")

    private static let summary = MigrationSummary(
        bytes: 1, pages: 1, iterations: 1, duration: .seconds(1), downtime: .milliseconds(1))

    private func start(_ name: String, on host: SimulatedHost) async throws -> DomainID {
        var guest = try host.pvGuest()
        guest.createInfo.name = name
        return try await host.start(guest)
    }

    @Test func movesWhatHasAPlaceAndGoesOnAfterAFailure() async throws {
        let host = try SimulatedHost()
        let (a, b) = (try await start("a", on: host), try await start("b", on: host))
        let c = try await start("c", on: host)
        _ = try await start("kept", on: host)
        let evacuation = Evacuation(host.toolstack, to: ["down", "up"]) { domain, configuration, target in
            #expect(configuration.createInfo.domainID == .control, "there it gets another number")
            guard target == "up" else { throw Self.refused }
            var findings = MigrationFindings()
            findings.freeKiB = 1 << 30
            if domain == c { findings.problems = [.init("disk xvda", "it is not there")] }
            return findings
        } move: { domain, _, target in
            #expect(target == "up")
            guard domain != b else { throw Self.refused }
            return Self.summary
        }
        let plan = try await evacuation.plan { $0 != "kept" }
        #expect(Set(plan.placements.map(\.guest.name)) == ["a", "b", "c"])
        for placement in plan.placements {
            #expect(placement.host == (placement.guest.domain == c ? nil : "up"))
        }
        let reasons = plan.placements.first { $0.guest.domain == c }?.reasons
        #expect(reasons == ["down: host: \(Self.refused)", "up: disk xvda: it is not there"])

        let ended = Mutex<[DomainID]>([])
        let outcomes = await evacuation.perform(plan, parallel: 1) { event in
            if case .ended(let guest, _, _) = event { ended.withLock { $0.append(guest.domain) } }
        }
        #expect(outcomes.mapValues(\.isSuccess) == [a: true, b: false])
        #expect(Set(ended.withLock { $0 }) == [a, b])
    }
}
