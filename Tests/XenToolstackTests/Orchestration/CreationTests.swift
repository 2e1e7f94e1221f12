import HostSimulator
import Testing
import XenTypes

@testable import XenToolstack

@Suite struct CreationTests {
    @Test func makesAnIdlePVDomainAndRemovesAllOfIt() async throws {
        let host = try SimulatedHost()
        let kernel = try host.kernel()
        let before = host.snapshot
        let given = try host.configuration("name='idle'\nkernel='\(kernel)'\nmemory=64\nvcpus=2\n")
        let (domain, stored) = try await host.toolstack.create(given)
        #expect(domain == DomainID(host.hypervisor.firstDomain))
        #expect(stored.createInfo.name == "idle")
        let made = try #require(host.hypervisor.domains[domain.rawValue])
        #expect(made.pauseCount == 1 && made.maximumVCPUs == 2 && made.pages == 64 * 256 && made.content == "booted")
        #expect(try host.toolstack.store.read("/local/domain/\(domain)/name") == "idle")
        #expect(try host.toolstack.store.read("/local/domain/\(domain)/console/tty") == "/dev/pts/\(domain)")
        #expect(try host.toolstack.storedConfiguration(of: domain) == stored)

        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
        #expect(host.log.lines.filter { !$0.hasPrefix("debug") } == [])
    }
}

extension CreationTests {
    @Test func makesAPVHDomain() async throws {
        let host = try SimulatedHost()
        let given = try host.pvhGuest("vcpus=2")
        let before = host.snapshot
        let domain = try await host.start(given)
        #expect(host.hypervisor.domains[domain.rawValue]?.isHVM == true)
        #expect(host.hypervisor.domains[domain.rawValue]?.pauseCount == 0)
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func makesAnHVMDomainWithItsDeviceModel() async throws {
        let host = try SimulatedHost()
        let given = try host.hvmGuest("\(try host.disk())\n\(try host.card())")
        let before = host.snapshot
        let domain = try await host.start(given)
        #expect(host.toolstack.deviceModelStatus(of: domain).state == .running)
        #expect(host.snapshot.processes.values.sorted() == ["qemu"])
        #expect(host.qemu.commands.contains("query-chardev"))
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aDeviceModelThatSaysNothingIsEnded() async throws {
        let host = try SimulatedHost { $0.deviceModelStart = .milliseconds(20) }
        let given = try host.hvmGuest()
        let before = host.snapshot
        host.qemu.silence()
        await #expect { try await host.toolstack.create(given) } throws: {
            ($0 as? ToolstackError)?.code == .fail
        }
        #expect(host.snapshot.changes(since: before) == [])
    }
}
