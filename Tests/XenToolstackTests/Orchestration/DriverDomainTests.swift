import DomainConfig
import DomainModel
import HostSimulator
import Logging
import SystemPackage
import Testing
import XenControl
import XenStore
import XenTypes

@testable import XenToolstack

/// A domain that serves others, with `devd` in it: it has no hypervisor, and the store of the simulated host.
@Suite struct DriverDomainTests {
    private struct Scene {
        let host: SimulatedHost
        let driver: DomainID
        let guest: DomainID
        let before: HostSimulator.HostSnapshot

        init(_ change: (inout Timeouts) -> Void = { _ in }) async throws {
            // Other tests run beside this.
            host = try SimulatedHost { timeouts in
                timeouts.deviceInitialise = .seconds(60)
                timeouts.deviceDestroy = .seconds(60)
                timeouts.deviceModelStart = .seconds(60)
                change(&timeouts)
            }
            var given = try host.pvGuest("driver_domain=1")
            given.createInfo.name = "driver"
            driver = try await host.start(given)
            guest = try await host.start(try host.pvGuest())
            host.qemu.run(in: driver.rawValue)
            // The files that devices need.
            for name in ["xvda", "xvdb"] { _ = try host.disk(name) }
            _ = try (host.card(), host.hvmGuest())
            before = host.snapshot
        }

        /// The toolstack inside: every request to a hypervisor fails.
        var inside: DriverDomain {
            var settings = ToolstackSettings()
            settings.timeouts = host.toolstack.timeouts
            let toolstack = Toolstack(
                hypervisor: Hypervisor(logger: host.toolstack.logger),
                store: StoreConnection(path: host.store.path.string), paths: host.toolstack.paths,
                logger: host.toolstack.logger, settings: { [settings] in settings })
            return DriverDomain(toolstack, domain: driver)
        }

        /// Does something while `devd` runs.
        @discardableResult
        func whileServed<Value: Sendable>(
            _ work: @escaping @Sendable () async throws -> Value
        ) async throws -> Value {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            let server = Task { [inside] in
                defer { continuation.finish() }
                try await inside.run { continuation.yield() }
            }
            for await _ in stream { break }
            do {
                let value = try await work()
                server.cancel()
                try await server.value
                return value
            } catch {
                server.cancel()
                try? await server.value
                throw error
            }
        }

        func disk(_ name: String = "xvda", backend: DiskBackend = .unknown) throws -> DiskDevice {
            var disk = try #require(try host.pvGuest(try host.disk(name)).disks.first)
            disk.backendDomainName = "driver"
            disk.backend = backend
            return disk
        }

        func name(_ kind: String, _ id: Int) -> String { "backend-\(kind)-\(guest)-\(id)" }

        /// What scripts have connected.
        var connected: Set<String> { Set(Files.names(in: host.root.appending("hotplug"))) }

        /// Waits for what no node tells.
        func wait(_ what: String, until isSo: @Sendable () throws -> Bool) async throws {
            for _ in 0..<600 {
                if try isSo() { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("\(what)")
        }

        var engine: DeviceEngine { DeviceEngine(host.toolstack) }

        func address(_ kinds: [DeviceKind] = [.vbd]) throws -> DeviceAddress {
            try #require(try engine.devices(of: guest, kinds: kinds).first)
        }

        func read(_ path: String) throws -> String? { try host.toolstack.store.read(StorePath(path)) }
    }

    @Test func connectsAndReleasesADisk() async throws {
        let scene = try await Scene()
        try await scene.whileServed {
            try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
            try await scene.wait("the script runs") { scene.connected == [scene.name("vbd", 51712)] }
            let device = try scene.address()
            #expect(device.backendDomain == scene.driver)
            try await scene.engine.detach(DiskClass.self, device, force: .never)
            #expect(scene.connected == [])
        }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func servesCardsAndDisksOfACreationAndADestruction() async throws {
        let scene = try await Scene()
        try await scene.whileServed {
            var given = try scene.host.pvGuest("\(try scene.host.disk())\n\(try scene.host.card())")
            given.createInfo.name = "served"
            given.disks[0].backendDomainName = "driver"
            given.nics[0].backendDomainName = "driver"
            let domain = try await scene.host.toolstack.create(given).domain
            try await scene.wait("both scripts run") {
                scene.connected == ["backend-vbd-\(domain)-51712", "backend-vif-\(domain)-0"]
            }
            try await scene.host.toolstack.destroy(domain)
            #expect(scene.connected == [])
        }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func goesOnWhereAnEarlierOneWasKilled() async throws {
        let scene = try await Scene { $0.deviceDestroy = .seconds(2) }
        // Attached while nobody is there.
        try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
        #expect(scene.connected == [])
        try await scene.whileServed {
            try await scene.wait("the script runs") { scene.connected == [scene.name("vbd", 51712)] }
        }
        // Asked for while nobody is there: the time is up, and the device stays on record.
        let device = try scene.address()
        await #expect { try await scene.engine.detach(DiskClass.self, device, force: .never) } throws: {
            ($0 as? ToolstackError)?.code == .timedOut
        }
        try await scene.whileServed {
            try await scene.wait("the script runs") { scene.connected == [] }
            try await scene.wait("the backend goes") { try scene.read("\(device.backend)/state") == nil }
            try await scene.engine.detach(DiskClass.self, device, force: .never)
        }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func doesNotConnectTwice() async throws {
        let scene = try await Scene()
        try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
        let backend = try scene.address().backend
        scene.host.store.access { $0.write("\(backend)/physical-device", "7:0") }
        try await scene.whileServed {
            scene.host.store.access { $0.write("\(backend)/state", "4") }
            try await Task.sleep(for: .milliseconds(100))
            #expect(scene.connected == [])
            try await scene.engine.detach(DiskClass.self, try scene.address(), force: .never)
        }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func tellsOfAScriptThatFails() async throws {
        let scene = try await Scene()
        try await scene.whileServed {
            let disk = try scene.disk()
            let stock = scene.host.text(of: scene.host.root.appending("etc/scripts/block"))
            try scene.host.write("etc/scripts/block", Array("#!/bin/sh\nexit 1\n".utf8), mode: 0o755)
            try await scene.engine.attach(DiskClass.self, disk, to: scene.guest)
            let backend = try scene.address().backend
            try await scene.wait("the store is told") {
                try scene.read("\(backend)/hotplug-error")?.contains("exited with status 1") == true
            }
            try await scene.engine.detach(DiskClass.self, try scene.address(), force: .never)
            try scene.host.write("etc/scripts/block", Array(stock.utf8), mode: 0o755)
        }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func startsOneQEMUForAllImagesOfAGuest() async throws {
        let scene = try await Scene()
        try await scene.whileServed {
            for name in ["xvda", "xvdb"] {
                try await scene.engine.attach(DiskClass.self, scene.disk(name, backend: .qdisk), to: scene.guest)
            }
            let path = "/local/domain/\(scene.driver)/libxl/\(scene.guest)/qdisk-backend-pid"
            try await scene.wait("QEMU runs") { try scene.read(path) != nil }
            try await scene.wait("one QEMU runs") { scene.host.programs == ["qemu"] }
            let first = try scene.read(path)
            for device in try scene.engine.devices(of: scene.guest, kinds: [.vbd]) {
                #expect(try scene.read(path) == first)
                try await scene.engine.detach(DiskClass.self, device, force: .never)
            }
            try await scene.wait("QEMU ends") { try scene.read(path) == nil }
        }
        try await scene.wait("the process is gone") { scene.host.programs.isEmpty }
        #expect(scene.host.snapshot.changes(since: scene.before) == [])
    }

    @Test func aSecondOneIsRefused() async throws {
        let scene = try await Scene()
        try await scene.whileServed {
            await #expect { try await scene.inside.run() } throws: { ($0 as? ToolstackError)?.code == .lockFail }
        }
    }

    @Test func survivesNodesThatMakeNoSense() async throws {
        let scene = try await Scene()
        let root = "/local/domain/\(scene.driver)/backend"
        scene.host.store.access { store in
            for path in ["vbd/x/1", "nosuch/1/1", "vbd/5/x", "vbd/99999999999/0", "vif/7", "vif/0/0/0/0", "qdisk/9/-1"]
            {
                store.write("\(root)/\(path)/state", "2")
            }
            store.write("\(root)/vbd/9/1/state", "a lot")
            store.write("\(root)/vbd/9/2/state", "2")
            store.write("\(root)/vif/9/2/state", "99999999999999999999")
        }
        try await scene.whileServed {
            try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
            try await scene.wait("the script runs") { scene.connected == [scene.name("vbd", 51712)] }
        }
    }

    /// The toolstack's side.
    @Test func aDriverDomainThatIsDeadKeepsNoGuest() async throws {
        let scene = try await Scene { $0.deviceDestroy = .milliseconds(100) }
        try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
        try await scene.host.toolstack.destroy(scene.driver)
        try await scene.host.toolstack.destroy(scene.guest)
        #expect(try scene.read("/local/domain/\(scene.driver)") == nil)
        #expect(try scene.read("/libxl/\(scene.guest)") == nil)
    }

    @Test func aDriverDomainThatNeverLetsGoKeepsNoGuest() async throws {
        let scene = try await Scene { $0.deviceDestroy = .milliseconds(100) }
        try await scene.engine.attach(DiskClass.self, scene.disk(), to: scene.guest)
        let backend = try scene.address().backend.description
        scene.host.store.add { path, store in
            if path == "\(backend)/state", store.read(path) != "4" { store.write(path, "4") }
        }
        try await scene.host.toolstack.destroy(scene.guest)
        #expect(try scene.read("/local/domain/\(scene.guest)") == nil)
        #expect(try scene.read("/libxl/\(scene.guest)") == nil)
    }

    @Test func aDriverDomainThatDoesNotAnswerLeavesNothingBehind() async throws {
        let scene = try await Scene {
            $0.deviceInitialise = .milliseconds(20)
            $0.deviceDestroy = .milliseconds(100)
        }
        scene.host.backends.silence("vbd")
        let disk = try scene.disk()
        let before = scene.host.snapshot
        await #expect { try await scene.engine.attach(DiskClass.self, disk, to: scene.guest) } throws: {
            ($0 as? ToolstackError)?.code == .timedOut
        }
        #expect(scene.host.snapshot.changes(since: before) == [])
    }
}
