import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenControl
import XenStore
import XenTypes

@testable import XenToolstack

/// Making PCI devices assignable and giving them back, on a tree of files that looks like sysfs.
@Suite struct AssignablePCITests {
    private static let card = PCIDeviceAddress(segment: 0, bus: 0, devfn: 4 << 3)
    private static let record = "/libxl/pci/0000-00-04-0"

    private static func host(hasIOMMU: Bool = true) throws -> SimulatedHost {
        let host = try SimulatedHost()
        try host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in machine.hasIOMMU = hasIOMMU }
        for driver in ["pciback", "e1000e", "ahci"] { try host.sysfs.addDriver(driver) }
        try host.sysfs.addDevice("0000:00:00.0", driver: nil, classCode: "0x060000")
        try host.sysfs.addDevice("0000:00:03.0", driver: "ahci", classCode: "0x010601")
        try host.sysfs.addDevice("0000:00:04.0", driver: "e1000e")
        try host.sysfs.addDevice("0000:00:05.0", driver: "e1000e")
        try host.sysfs.addInterface("eth0", of: "0000:00:04.0")
        try host.sysfs.addInterface("eth1", of: "0000:00:05.0")
        try host.sysfs.addInterface("xenbr0", of: nil)
        return host
    }

    private static func owner(_ host: SimulatedHost) -> UInt32? {
        (try? host.hypervisor.access { (machine) throws(SimulatedHypervisor.Errno) in
            machine.deviceOwners[card.machineSBDF]
        }) ?? nil
    }

    private func error(_ body: () async throws -> Void) async -> ToolstackError? {
        do { try await body() } catch { return error as? ToolstackError }
        return nil
    }

    @Test func aDeviceIsTakenFromItsDriverAndGivenBack() async throws {
        let host = try Self.host()
        let before = host.snapshot
        try await host.toolstack.makeAssignable(Self.card, name: "spare")
        #expect(host.sysfs.driver(of: "0000:00:04.0") == "pciback")
        #expect(Self.owner(host) == DomainID.io.rawValue)
        let store = host.toolstack.store
        #expect(try store.read("\(Self.record)/driver_path")?.hasSuffix("/bus/pci/drivers/e1000e") == true)
        #expect(try store.read("\(Self.record)/name") == "spare")
        #expect(try host.toolstack.pciDevice(named: "spare") == Self.card)
        let listed = try host.toolstack.assignablePCIDevices()
        #expect(listed.map(\.function.address) == [Self.card])
        #expect(listed.first?.name == "spare")
        try await host.toolstack.endAssignability(of: Self.card, givesBack: true)
        #expect(Self.owner(host) == nil)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func withoutGivingItBackItsDriverStaysOnRecord() async throws {
        let host = try Self.host()
        try await host.toolstack.makeAssignable(Self.card, name: "spare")
        try await host.toolstack.endAssignability(of: Self.card, givesBack: false)
        #expect(host.sysfs.driver(of: "0000:00:04.0") == nil)
        let nodes = try host.toolstack.store.list(StorePath(Self.record))
        #expect(nodes == ["driver_path"])
        // A device without a driver gets the one on record.
        try await host.toolstack.makeAssignable(Self.card, name: nil)
        try await host.toolstack.endAssignability(of: Self.card, givesBack: true)
        #expect(host.sysfs.driver(of: "0000:00:04.0") == "e1000e")
    }

    @Test func withoutAnIOMMUThereIsNoQuarantineAndAWayBack() async throws {
        let host = try Self.host(hasIOMMU: false)
        let before = host.snapshot
        try await host.toolstack.makeAssignable(Self.card, name: nil)
        #expect(host.log.lines.contains { $0.contains("is not quarantined: the hypervisor uses no IOMMU") })
        try await host.toolstack.endAssignability(of: Self.card, givesBack: true)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test(arguments: ["e1000e/unbind", "pciback/new_slot", "pciback/bind"])
    func whenAWriteFailsTheDeviceIsGivenBack(file: String) async throws {
        let host = try Self.host()
        let before = host.snapshot
        host.sysfs.refuse("bus/pci/drivers/\(file)", with: .resourceBusy)
        let failure = try #require(
            await error { try await host.toolstack.makeAssignable(Self.card, name: "spare") })
        #expect(failure.code == .fail)
        #expect(failure.description.contains("cannot make 0000:00:04.0 assignable"))
        #expect(failure.description.contains("\(file)"))
        #expect(failure.remedy?.contains("still uses it") == true)
        #expect(host.snapshot.changes(since: before) == [])
        #expect(host.sysfs.driver(of: "0000:00:04.0") == "e1000e")
    }

    @Test(arguments: ["pciback/unbind", "pciback/remove_slot", "e1000e/bind"])
    func whenAWriteFailsOnTheWayBackPcibackKeepsTheDevice(file: String) async throws {
        let host = try Self.host()
        try await host.toolstack.makeAssignable(Self.card, name: "spare")
        let before = host.snapshot
        host.sysfs.refuse("bus/pci/drivers/\(file)", with: Errno(rawValue: ENODEV))
        let failure = await error {
            try await host.toolstack.endAssignability(of: Self.card, givesBack: true)
        }
        #expect(failure?.code == .fail)
        #expect(Self.owner(host) == DomainID.io.rawValue)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aKernelThatDoesNotComeBackIsLeft() async throws {
        let host = try Self.host()
        host.sysfs.silence("bus/pci/drivers/e1000e/unbind")
        let failure = try #require(await error { try await host.toolstack.makeAssignable(Self.card, name: nil) })
        #expect(failure.code == .timedOut)
        #expect(failure.description.contains("process 77"))
        // Nothing more is asked of it, and the driver stays known.
        #expect(host.sysfs.written.count == 1)
        #expect(try host.toolstack.store.exists("\(Self.record)/driver_path"))
    }

    @Test func whatCannotBeIsRefusedBeforeAnythingIsDone() async throws {
        let host = try Self.host()
        let before = host.snapshot
        let toolstack = host.toolstack
        let missing = PCIDeviceAddress(segment: 0, bus: 9, devfn: 0)
        #expect(await error { try await toolstack.makeAssignable(missing, name: nil) }?.code == .notFound)
        #expect(await error { try await toolstack.endAssignability(of: missing, givesBack: true) }?.code == .notFound)
        let bridge = PCIDeviceAddress(segment: 0, bus: 0, devfn: 0)
        #expect(
            await error { try await toolstack.makeAssignable(bridge, name: nil) }?.cause?.contains("bridge") == true)
        for name in ["", "two words", "ä", String(repeating: "n", count: 65)] {
            #expect(await error { try await toolstack.makeAssignable(Self.card, name: name) }?.code == .invalid)
        }
        #expect(host.sysfs.written == [])
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aNameBelongsToOneDevice() async throws {
        let host = try Self.host()
        try await host.toolstack.makeAssignable(Self.card, name: "spare")
        let other = PCIDeviceAddress(segment: 0, bus: 0, devfn: 5 << 3)
        let failure = await error { try await host.toolstack.makeAssignable(other, name: "spare") }
        #expect(failure?.message.contains("is that of 0000:00:04.0") == true)
        // The same device may keep it, get another, or lose it.
        try await host.toolstack.makeAssignable(Self.card, name: "spare")
        try await host.toolstack.makeAssignable(Self.card, name: nil)
        #expect(try host.toolstack.pciDevice(named: "spare") == nil)
        #expect(host.log.lines.contains { $0.contains("already assigned to pciback") })
    }

    @Test func withoutPcibackTheModuleIsNamed() async throws {
        let host = try SimulatedHost()
        try host.sysfs.addDevice("0000:00:04.0", driver: nil)
        let failure = await error { try await host.toolstack.makeAssignable(Self.card, name: nil) }
        #expect(failure?.remedy == "modprobe xen-pciback")
        #expect(await error { _ = try host.toolstack.assignablePCIDevices() }?.code == .notReady)
    }

    @Test func aDeviceThatADomainHasIsNotTakenAway() async throws {
        let host = try Self.host()
        let domain = try await host.start(try host.pvGuest())
        try await host.toolstack.makeAssignable(Self.card, name: nil)
        try host.toolstack.store.write("\(Self.record)/domid", "\(domain)")
        #expect(try host.toolstack.assignablePCIDevices() == [])
        let failure = await error { try await host.toolstack.endAssignability(of: Self.card, givesBack: true) }
        #expect(failure?.cause == "domain \(domain) has it")
        // A guest that is gone has it no more.
        try await host.toolstack.destroy(domain)
        try await host.toolstack.endAssignability(of: Self.card, givesBack: true)
        #expect(host.sysfs.driver(of: "0000:00:04.0") == "e1000e")
    }

    @Test func theOnlyNetworkCardIsTakenByForceAlone() async throws {
        let host = try Self.host()
        let other = PCIDeviceAddress(segment: 0, bus: 0, devfn: 5 << 3)
        #expect(
            DeviceUses(root: host.sysfs.root, disks: []).uses(ofDeviceNamed: Self.card.description) == [
                .network(interface: "eth0")
            ])
        let unplugged = PCIDeviceAddress(segment: 0, bus: 0, devfn: 6 << 3)
        try host.sysfs.addDevice("0000:00:06.0", driver: "e1000e")
        try host.sysfs.addInterface("eth2", of: "0000:00:06.0", isConnected: false)
        #expect(
            DeviceUses(root: host.sysfs.root, disks: []).uses(ofDeviceNamed: unplugged.description) == [
                .network(interface: "eth2")
            ])
        try await host.toolstack.makeAssignable(other, name: nil)
        // Its interface goes with its driver, which the simulated one does not show.
        let lone = try SimulatedHost()
        for driver in ["pciback", "e1000e"] { try lone.sysfs.addDriver(driver) }
        try lone.sysfs.addDevice("0000:00:04.0", driver: "e1000e")
        try lone.sysfs.addInterface("eth0", of: "0000:00:04.0")
        try lone.sysfs.addInterface("xenbr0", of: nil)
        try lone.sysfs.addDevice("0000:00:06.0", driver: "e1000e")
        try lone.sysfs.addInterface("eth2", of: "0000:00:06.0", isConnected: false)
        let failure = await error { try await lone.toolstack.makeAssignable(Self.card, name: nil) }
        #expect(failure?.cause?.contains("it is the only network card that is connected, eth0") == true)
        #expect(failure?.remedy?.contains("--force") == true)
        try await lone.toolstack.makeAssignable(Self.card, name: nil, isForced: true)
        #expect(lone.sysfs.driver(of: "0000:00:04.0") == "pciback")
    }

    @Test func disksAreFoundThroughPartsVolumesAndPaths() throws {
        let host = try Self.host()
        let (sysfs, controller) = (host.sysfs, "devices/pci0000:00/0000:00:03.0")
        try sysfs.addDisk("8:0", at: "\(controller)/ata1/block/sda")
        try sysfs.addDisk("8:1", at: "\(controller)/ata1/block/sda/sda1")
        try sysfs.addDisk("253:0", at: "devices/virtual/block/dm-0", slaves: ["\(controller)/ata1/block/sda/sda1"])
        try sysfs.addDisk("7:0", at: "devices/virtual/block/loop0")
        let address = PCIDeviceAddress(segment: 0, bus: 0, devfn: 3 << 3)
        for number in [(8, 0), (8, 1), (253, 0)] as [(UInt32, UInt32)] {
            let disk = DeviceUses.UsedDisk(
                device: DeviceNumber(major: number.0, minor: number.1), use: .fileSystem("/"))
            #expect(
                DeviceUses(root: sysfs.root, disks: [disk]).uses(ofDeviceNamed: address.description) == [
                    .fileSystem("/")
                ])
        }
        let loop = DeviceUses.UsedDisk(device: DeviceNumber(major: 7, minor: 0), use: .fileSystem("/mnt"))
        #expect(DeviceUses(root: sysfs.root, disks: [loop]).uses(ofDeviceNamed: address.description) == [])
    }

    @Test func resourcesAreReadAsTheKernelWritesThem() throws {
        let host = try Self.host()
        let function = try #require(host.toolstack.pci.function(at: Self.card))
        #expect(
            function.resources == [
                PCIResource(start: 0xFEB8_0000, count: 0x20000, isPorts: false),
                PCIResource(start: 0xC0E0, count: 0x20, isPorts: true),
            ])
        #expect(function.resources.first?.frames == 0xFEB80..<0xFEBA0)
        #expect(function.interrupt == 20)
        for line in ["", "0x0 0x0 0x0", "0x10 0x1", "x y z", "0x20 0x10 0x200", "0x1 0xffffffffffffffff 0x200"] {
            #expect(PCIResource(line: line[...]) == nil)
        }
    }

    /// What Linux itself does with a write.
    @Test func writesGoThroughAProcessThatTellsWhatTheKernelSaid() async throws {
        let host = try SimulatedHost()
        let file = try host.write("target", [])
        try await LinuxSysfs().write("0000:00:04.0", to: file, within: .seconds(600))
        #expect(host.text(of: file) == "0000:00:04.0")
        await #expect(throws: SysfsError.refused(.noSuchFileOrDirectory)) {
            try await LinuxSysfs().write("x", to: host.root.appending("none"), within: .seconds(600))
        }
        // A pipe that nobody reads is opened by nobody.
        let pipe = host.root.appending("pipe")
        try #require(mkfifo(pipe.string, 0o600) == 0)
        await #expect {
            try await LinuxSysfs().write("x", to: pipe, within: .milliseconds(50))
        } throws: {
            if case .silent = $0 as? SysfsError { true } else { false }
        }
    }
}
