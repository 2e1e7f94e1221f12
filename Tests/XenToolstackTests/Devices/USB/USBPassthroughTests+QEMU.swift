import DomainModel
import HostSimulator
import Testing
import XenStore
import XenTypes

@testable import XenToolstack

/// Controllers that QEMU serves or emulates.
extension USBPassthroughTests {
    // MARK: QEMU's backend

    @Test func qemuFindsInTheStoreWhatAGuestHas() async throws {
        let host = try Self.host()
        let given = try host.hvmGuest("usbctrl=['type=qusb,ports=2']")
        let domain = try await host.start(given)
        let before = host.snapshot
        let passthrough = USBPassthrough(host.toolstack)
        try await passthrough.attach(device(Self.stick), to: domain)
        #expect(try host.toolstack.store.read("/local/domain/0/backend/qusb/\(domain)/0/port/1") == "3-1.2")
        #expect(host.sysfs.written == [])
        #expect(!host.qemu.commands.contains("device_add"))
        try await passthrough.detach(port: 1, of: 0, from: domain)
        #expect(host.snapshot.changes(since: before) == [])
        try await passthrough.attach(device(Self.stick), to: domain)
        try await host.toolstack.destroy(domain)
        // The kernel looks for a driver for what QEMU may not have given back.
        #expect(host.sysfs.written == ["bus/usb/drivers_probe 3-1.2:1.1"])
    }

    @Test func aPVGuestGetsAQEMUForItsControllers() async throws {
        let host = try Self.host()
        _ = try host.hvmGuest()
        let domain = try await host.start(try host.pvGuest("usbctrl=['']"))
        #expect(host.programs == ["qemu"])
        #expect(try USBPassthrough(host.toolstack).controllers(of: domain).map(\.type) == [.qusb])
        try await host.toolstack.destroy(domain)
        // One that runs without cannot get any.
        let other = try await host.start(try host.pvGuest())
        let failure = await error { try await USBPassthrough(host.toolstack).attach(controller(""), to: other) }
        #expect(failure?.code == .notReady)
        #expect(failure?.remedy == "give the domain such a device in its configuration and restart it")
    }

    @Test func aQEMUWithoutUSBIsTold() async throws {
        let host = try Self.host()
        host.qemu.leaveOutUSB()
        let given = try host.hvmGuest("usbctrl=['type=qusb']")
        let domain = try await host.start(given)
        #expect(host.log.lines.contains { $0.contains("has no backend for USB controllers of type qusb") })
        let before = host.snapshot
        let passthrough = USBPassthrough(host.toolstack)
        #expect(
            await error { try await passthrough.attach(controller("type=qusb"), to: domain) }?.code == .notSupported)
        #expect(await error { try await passthrough.attach(device(Self.stick), to: domain) }?.code == .notSupported)
        #expect(host.snapshot.changes(since: before) == [])
        try await host.toolstack.destroy(domain)
        let other = try host.hvmGuest("usbctrl=['type=qusb']\nusbdev=['\(Self.stick)']")
        #expect(await error { _ = try await host.toolstack.create(other) }?.description.contains("libusb") == true)
    }

    // MARK: Emulated controllers

    @Test func emulatedControllersComeOnQEMUsCommandLine() async throws {
        let host = try Self.host()
        let given = try host.hvmGuest(
            "usbctrl=['version=1','version=3,ports=4']\nusbdev=['\(Self.stick),controller=1','\(Self.keyboard)']")
        let before = host.snapshot
        let domain = try await host.start(given)
        #expect(
            host.qemu.devices(of: domain.rawValue).filter { $0.hasPrefix("xenusb") } == [
                "xenusb-0", "xenusb-1", "xenusb-3-17", "xenusb-3-18",
            ])
        #expect(try taken(host, domain) == ["0:1=3-1.3", "1:1=3-1.2"])
        #expect(!host.qemu.commands.contains("device_add"))
        #expect(try !host.toolstack.store.exists("/local/domain/0/backend/vusb"))
        #expect(host.sysfs.written == [])
        try await host.toolstack.destroy(domain)
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aRunningGuestGetsThemOverQMP() async throws {
        let host = try Self.host()
        let domain = try await host.start(try host.hvmGuest())
        let before = host.snapshot
        let passthrough = USBPassthrough(host.toolstack)
        try await passthrough.attach(device(Self.stick), to: domain)
        let added = host.qemu.requests.filter { $0.contains("device_add") }
        #expect(added.count == 2)
        #expect(added.first?.contains(#"{"driver":"usb-ehci","id":"xenusb-0"}"#) == true)
        #expect(added.last?.contains(#""bus":"xenusb-0.0","port":"1","hostbus":3,"hostaddr":17"#) == true)
        try await passthrough.attach(controller("version=3"), to: domain)
        #expect(try passthrough.controllers(of: domain).map(\.id) == [0, 1])
        try await passthrough.detach(port: 1, of: 0, from: domain)
        #expect(host.qemu.devices(of: domain.rawValue).filter { $0.hasPrefix("xenusb") } == ["xenusb-0", "xenusb-1"])
        for id: UInt32 in [0, 1] { try await passthrough.detachController(id, from: domain) }
        #expect(host.qemu.devices(of: domain.rawValue).filter { $0.hasPrefix("xenusb") } == [])
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
    }

    @Test func whatQEMURefusesLeavesNothing() async throws {
        let host = try Self.host()
        let domain = try await host.start(try host.hvmGuest())
        let before = host.snapshot
        let passthrough = USBPassthrough(host.toolstack)
        host.qemu.refuse("device_add", "GenericError", "Bus 'pci.0' does not support hotplugging")
        #expect(
            await error { try await passthrough.attach(controller("version=1"), to: domain) }?.code == .qmpGenericError)
        #expect(host.snapshot.changes(since: before) == [])
        host.qemu.refuse("device_add", nil)
        try await passthrough.attach(controller(""), to: domain)
        let one = host.snapshot
        host.qemu.refuse("device_add", "GenericError", "speed mismatch")
        let failure = await error { try await passthrough.attach(device(Self.stick), to: domain) }
        #expect(failure?.description.contains("speed mismatch") == true)
        #expect(host.snapshot.changes(since: one) == [])
        // What QEMU does not have any more is gone.
        host.qemu.refuse("device_add", nil)
        try await passthrough.attach(device(Self.stick), to: domain)
        host.qemu.refuse("device_del", "DeviceNotFound")
        try await passthrough.detach(port: 1, of: 0, from: domain)
        #expect(host.snapshot.nodes == one.nodes)
        // What it does not give back stays.
        host.qemu.refuse("device_del", nil)
        try await passthrough.attach(device(Self.keyboard), to: domain)
        let two = host.snapshot
        host.qemu.refuse("device_del", "GenericError")
        #expect(await error { try await passthrough.detach(port: 1, of: 0, from: domain) }?.code == .qmpGenericError)
        #expect(host.snapshot.changes(since: two) == [])
    }
}
