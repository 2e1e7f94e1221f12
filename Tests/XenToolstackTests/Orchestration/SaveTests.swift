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

    /// The last argument came with Xen 4.22, and is 0 for what earlier releases do; their libraries do not look for it.
    @Test func theLibraryGetsAllThatItsReleasesTake() async throws {
        let host = try SimulatedHost()
        try await host.save(try await host.start(try host.pvGuest()))
        let restored = try await host.restore()
        let arguments = try #require(host.hypervisor.domains[restored.rawValue]?.settings["xc_domain_restore"])
        let ports = ["store", "console"].compactMap { name in
            host.store.access { $0.read("/local/domain/\(restored)/\(name)/port") }.flatMap { UInt64($0) }
        }
        let noDescriptor = UInt64(UInt32.max)
        try #require(ports.count == 2)
        #expect(arguments.count == 7 && arguments[4...] == [0, noDescriptor, 0], "a plain stream, one way")
        #expect(arguments.prefix(4) == [ports[0], 0, ports[1], 0], "the control domain serves both rings")
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
