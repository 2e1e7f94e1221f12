import DomainModel
import HostSimulator
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

extension SimulatedHost {
    /// Where tests save guests.
    var image: FilePath { root.appending("lib/guest.save") }

    func save(_ domain: DomainID, then: AfterSave = .destroy) async throws {
        guard let configuration = try toolstack.storedConfiguration(of: domain) else {
            throw ToolstackError(.notFound, "there is no configuration")
        }
        _ = try await toolstack.save(domain, toFile: image, configuration: configuration, then: then)
    }

    func restore() async throws -> DomainID {
        let file = try FileDescriptor.open(image, .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        let stream = try StreamDescriptor(duplicating: file, for: .reading)
        let header = try await SaveFileHeader.read(from: stream, name: "image").header
        guard case .json(let text) = header.configuration else { throw ToolstackError(.invalid, "no JSON") }
        var options = CreateOptions()
        options.image = SavedImage(stream: stream)
        return try await toolstack.create(
            try DomainConfiguration(savedJSON: text, name: "image"), options: options
        ).domain
    }
}

@Suite struct SaveOrchestrationTests {
    @Test func savesAndRestoresAGuest() async throws {
        let host = try SimulatedHost()
        let given = try host.pvGuest("\(try host.disk())\n\(try host.card())")
        let before = host.snapshot
        let domain = try await host.start(given)
        try await host.save(domain)
        #expect(
            host.snapshot.changes(since: before).map { $0.prefix(24) } == ["+ file lib/guest.save Xe"])
        let restored = try await host.restore()
        let guest = try #require(host.hypervisor.domains[restored.rawValue])
        #expect(guest.content == "booted" && guest.pages == 64 * 256 && guest.pauseCount == 1)
        #expect(host.connected == ["backend-vbd-\(restored)-51712", "backend-vif-\(restored)-0"])
        try await host.toolstack.destroy(restored)
        #expect(host.snapshot.changes(since: before).count == 1)
    }

    @Test func aGuestThatDoesNotSuspendGoesOn() async throws {
        let host = try SimulatedHost { $0.shutdownAcknowledgement = .milliseconds(20) }
        let domain = try await host.toolstack.create(try host.pvGuest()).domain
        let before = host.snapshot
        // Paused, it cannot answer.
        await #expect(throws: ToolstackError.self) { try await host.save(domain) }
        #expect(host.snapshot.changes(since: before) == [])
    }
}
