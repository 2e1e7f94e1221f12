import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenTypes

@testable import XenToolstack

/// Both ends of a migration, each on a host of its own, with a pipe for each direction between them.
struct SimulatedMove: Sendable {
    let source: SimulatedHost
    let target: SimulatedHost
    let domain: DomainID
    let configuration: DomainConfiguration

    init(_ more: (SimulatedHost) throws -> String = { _ in "" }) async throws {
        signal(SIGPIPE, SIG_IGN)
        source = try SimulatedHost()
        target = try SimulatedHost()
        domain = try await source.start(try source.pvGuest(try more(source)))
        configuration = try source.toolstack.storedConfiguration(of: domain) ?? DomainConfiguration()
    }

    /// How the two ends have ended.
    struct Outcome: Sendable {
        var sent: Result<MigrationSummary, any Error>
        var received: Result<DomainID, any Error>
    }

    func run() async throws -> Outcome {
        let (there, back) = (try Pipe(), try Pipe())
        async let sent = send(there, back)
        async let received = receive(there, back)
        return await Outcome(sent: sent, received: received)
    }

    private func send(_ there: Pipe, _ back: Pipe) async -> Result<MigrationSummary, any Error> {
        let connection = MigrationConnection(
            input: back.readEnd, output: there.writeEnd, name: "migration receiver stream")
        var options = MigrationOptions()
        options.inquire = { [target] uuid async throws(ToolstackError) in
            try await target.toolstack.settleArrival(of: uuid)
        }
        defer {
            there.closeWriteEnd()
            back.closeReadEnd()
        }
        do {
            return .success(
                try await source.toolstack.migrate(
                    domain, through: connection, configuration: configuration, options: options, to: "target",
                    inquiry: nil))
        } catch {
            return .failure(error)
        }
    }

    private func receive(_ there: Pipe, _ back: Pipe) async -> Result<DomainID, any Error> {
        let connection = MigrationConnection(input: there.readEnd, output: back.writeEnd, name: "migration stream")
        let receiver = MigrationReceiver(target.toolstack, connection)
        defer {
            there.closeReadEnd()
            back.closeWriteEnd()
        }
        do {
            try receiver.greet()
            let stream = try StreamDescriptor(duplicating: there.readEnd, for: .reading)
            let header = try await SaveFileHeader.read(from: stream, name: "stream").header
            guard case .json(let text) = header.configuration else { throw ToolstackError(.invalid, "no JSON") }
            var arriving = try DomainConfiguration(savedJSON: text, name: "stream")
            let name = arriving.createInfo.name ?? ""
            arriving.createInfo.name = name + Toolstack.MigrationSuffix.arriving
            var options = CreateOptions()
            options.image = SavedImage(stream: stream)
            options.image?.isArriving = true
            let domain = try await target.toolstack.create(arriving, options: options).domain
            try await receiver.finish(domain, name: name, staysPaused: false, report: { _ in }, prepare: {})
            return .success(domain)
        } catch {
            return .failure(error)
        }
    }
}

@Suite struct MigrationOrchestrationTests {
    @Test func movesAGuest() async throws {
        let move = try await SimulatedMove { try $0.card() }
        try move.target.addScript("vif-bridge")
        let before = move.target.snapshot
        let outcome = try await move.run()
        _ = try outcome.sent.get()
        let arrived = try outcome.received.get()
        #expect(move.source.hypervisor.domains.keys.sorted() == [0])
        #expect(move.source.connected == [])
        #expect(move.target.hypervisor.domains[arrived.rawValue]?.pauseCount == 0)
        #expect(try move.target.toolstack.store.read("/local/domain/\(arrived)/name") == "guest")
        #expect(move.target.connected == ["backend-vif-\(arrived)-0"])
        try await move.target.toolstack.destroy(arrived)
        // The note of what became of it outlives the domain: its sender may ask late, and again.
        let left = move.target.snapshot.changes(since: before)
        #expect(left.filter { !$0.hasPrefix("+ file lib/migration-arrival.") } == [])
    }
}
