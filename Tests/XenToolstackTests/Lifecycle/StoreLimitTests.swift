import DomainModel
import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

/// What xenstored limits for a guest by `xenstore_feature_mask` and `xenstore_quota`.
@Suite struct StoreLimitTests {
    private static func guest(_ host: SimulatedHost, _ lines: String...) throws -> DomainConfiguration {
        try host.configuration(
            "name='limited'\nkernel='\(try host.kernel())'\nmemory=64\n" + lines.joined(separator: "\n") + "\n")
    }

    @Test func areSetBeforeAGuestCanUseTheStore() async throws {
        let host = try SimulatedHost(release: XenRelease(4, 22))
        let given = try Self.guest(host, "xenstore_feature_mask=5", "xenstore_quota=['nodes=50','watches=0']")
        let (domain, stored) = try await host.toolstack.create(given)
        host.store.access { store in
            // A xenstored refuses a mask for a domain that it knows already.
            #expect(store.features(of: domain.rawValue) == 5)
            #expect(store.quotas(of: domain.rawValue) == ["nodes": 50, "watches": 0])
        }
        #expect(stored.buildInfo.xenstoreFeatureMask == 5)
        #expect(stored.buildInfo.xenstoreQuota?.items.map(\.name) == ["nodes", "watches"])
        #expect(try host.toolstack.storeQuotas(of: domain).map(\.value) == [50, 0])
        #expect(try host.toolstack.storeQuotas(of: nil).map(\.value) == [1000, 128])
    }

    @Test func bitsThatXenstoredDoesNotHaveAreLeftOut() async throws {
        let host = try SimulatedHost(release: XenRelease(4, 21))
        let (domain, _) = try await host.toolstack.create(try Self.guest(host, "xenstore_feature_mask=0x7ffffff6"))
        #expect(host.store.access { $0.features(of: domain.rawValue) } == 0b110)
    }

    @Test func anUnknownQuotaEndsACreationWithoutResidue() async throws {
        let host = try SimulatedHost(release: XenRelease(4, 22))
        let given = try Self.guest(host, "xenstore_quota=['nodes=50','nosuch=1']")
        let before = host.snapshot
        let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
        #expect(error?.cause == "it has none of the name \"nosuch\"")
        #expect(error?.remedy == "it has nodes, watches")
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func anOlderXenstoredIsToldApart() async throws {
        let host = try SimulatedHost()
        let (domain, _) = try await host.toolstack.create(try Self.guest(host, "xenstore_feature_mask=5"))
        #expect(host.log.lines.contains { $0.contains("xenstore_feature_mask has no effect") })
        try await host.toolstack.destroy(domain)
        let before = host.snapshot
        let given = try Self.guest(host, "xenstore_quota=['nodes=50']")
        let error = await #expect(throws: ToolstackError.self) { _ = try await host.toolstack.create(given) }
        #expect(error?.cause?.contains("Xen 4.21") == true)
        #expect(host.snapshot.changes(since: before) == [])
    }
}
