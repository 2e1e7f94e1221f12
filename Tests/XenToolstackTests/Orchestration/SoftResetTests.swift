import DomainModel
import HostSimulator
import Testing
import XenControl
import XenTypes

@testable import XenToolstack

/// HVM guests that are reset in place, as those are that boot another kernel by kexec.
@Suite struct SoftResetTests {
    /// `SHUTDOWN_soft_reset` in `xen/sched.h`.
    private static let reason: UInt8 = 5

    private func configuration(of domain: DomainID, _ host: SimulatedHost) throws -> DomainConfiguration {
        try #require(try host.toolstack.storedConfiguration(of: domain))
    }

    @Test func memoryStaysAndConnectionsAreMadeAnew() async throws {
        let host = try SimulatedHost()
        let given = try host.hvmGuest("vcpus=2\n\(try host.disk())\n\(try host.card())")
        let clean = host.snapshot
        let domain = try await host.start(given)
        let stored = try configuration(of: domain, host)
        // What QEMU keeps there of the guest's memory, and finds there when it goes on.
        let layout = "/local/domain/0/device-model/\(domain)/physmap/f0000000"
        host.store.access { store in
            for (name, value) in [("start_addr", "f0000000"), ("size", "800000"), ("name", "vga.vram")] {
                store.write("\(layout)/\(name)", value)
            }
        }
        let before = try #require(host.hypervisor.domains[domain.rawValue])
        let connected = host.connected
        let first = host.toolstack.deviceModelStatus(of: domain)

        host.hypervisor.shutDown(domain.rawValue, reason: Self.reason)
        host.faults.start()
        try await host.toolstack.softReset(domain, stored)
        host.faults.stop()
        let order = ["RELEASE \(domain)", "xc_domain_soft_reset \(domain)", "INTRODUCE \(domain)"]
        #expect(host.faults.points.map(\.name).filter { order.contains($0) } == order)

        let after = try #require(host.hypervisor.domains[domain.rawValue])
        #expect(after.pauseCount == 1 && after.shutdownReason == nil)
        #expect(after.content == "booted" && after.pages == before.pages && after.maximumVCPUs == 2)
        #expect(after.ports.count == before.ports.count && after.ports.isDisjoint(with: before.ports))
        let ports = [HVMParameter.storeEventChannel, .consoleEventChannel].compactMap { after.parameters[$0.rawValue] }
        #expect(Set(ports).count == 2 && ports.allSatisfy { after.ports.contains(UInt32($0)) })

        let second = host.toolstack.deviceModelStatus(of: domain)
        #expect(second.state == .running && second.process != first.process && host.programs == ["qemu"])
        #expect(second.commandLine?.contains("-incoming") == true)
        #expect(host.store.access { $0.read("\(layout)/size") } == "800000")
        #expect(host.connected == connected && connected.count == 2)
        #expect(try configuration(of: domain, host) == stored)
        #expect(host.log.lines.filter { $0.hasPrefix("error") } == [])

        try await host.toolstack.unpause(domain)
        #expect(host.hypervisor.domains[domain.rawValue]?.pauseCount == 0)
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: clean) == [])
    }

    /// The devices are the guest's own already, and could not be given to it while they are.
    @Test func aGuestKeepsItsPCIDevices() async throws {
        let host = try SimulatedHost()
        try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in machine.hasIOMMU = true }
        for driver in ["pciback", "e1000e"] { try host.sysfs.addDriver(driver) }
        try host.sysfs.addDevice("0000:00:04.0", driver: "e1000e", files: ["reset": ""])
        let card = PCIDeviceAddress(segment: 0, bus: 0, devfn: 4 << 3)
        try await host.toolstack.makeAssignable(card, name: nil)
        let given = try host.hvmGuest("pci=['00:04.0']")
        let clean = host.snapshot
        let domain = try await host.start(given)
        host.hypervisor.shutDown(domain.rawValue, reason: Self.reason)
        try await host.toolstack.softReset(domain, try configuration(of: domain, host))
        let owner = try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in
            machine.deviceOwners[card.machineSBDF]
        }
        #expect(owner == domain.rawValue)
        #expect(try PCIPassthrough(host.toolstack).devices(of: domain).map(\.address) == [card])
        #expect(host.qemu.commands.filter { $0 == "device_add" }.count == 2, "each QEMU got it")
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: clean) == [])
    }

    @Test func whatCannotBeResetInPlaceStaysAsItIs() async throws {
        let host = try SimulatedHost()
        for given in [try host.pvGuest(), try host.pvhGuest(), try host.hvmGuest()] {
            let domain = try await host.start(given)
            let isRunningHVM = given.createInfo.type == .hvm
            if !isRunningHVM { host.hypervisor.shutDown(domain.rawValue, reason: Self.reason) }
            let before = host.snapshot
            let stored = try configuration(of: domain, host)
            let error = await #expect(throws: ToolstackError.self) {
                try await host.toolstack.softReset(domain, stored)
            }
            #expect(error?.code == .invalid)
            #expect(error?.cause == (isRunningHVM ? "it has not shut down" : "that is possible for HVM guests only"))
            #expect(host.snapshot.changes(since: before) == [])
            try await host.toolstack.destroy(domain)
        }
    }

    /// It has lost what connected it, or does at the next step.
    @Test(arguments: ["xen-save-devices-state", "query-chardev"])
    func aGuestThatCannotBeResetIsDestroyed(_ command: String) async throws {
        let host = try SimulatedHost()
        let given = try host.hvmGuest(try host.card())
        let clean = host.snapshot
        let domain = try await host.start(given)
        let stored = try configuration(of: domain, host)
        host.hypervisor.shutDown(domain.rawValue, reason: Self.reason)
        host.qemu.refuse(command, "GenericError")
        await #expect(throws: ToolstackError.self) { try await host.toolstack.softReset(domain, stored) }
        #expect(host.hypervisor.domains[domain.rawValue] == nil)
        #expect(host.snapshot.changes(since: clean) == [])
    }
}
