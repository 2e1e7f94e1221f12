import DomainConfig
import DomainModel
import Glibc
import HostSimulator
import SystemPackage
import Testing
import XenControl
import XenStore
import XenTypes

@testable import XenToolstack

/// USB controllers and devices of guests, on a simulated host.
@Suite struct USBPassthroughTests {
    /// A stick with two interfaces, and a keyboard behind a hub.
    static func host(
        hasUSBBack: Bool = false, timeouts: (inout Timeouts) -> Void = { _ in }
    ) throws -> SimulatedHost {
        let host = try SimulatedHost(timeouts: timeouts)
        for driver in ["usb-storage", "usbhid"] + (hasUSBBack ? ["usbback"] : []) {
            try host.sysfs.addUSBDriver(driver)
        }
        try host.sysfs.addUSBDevice("usb3", bus: 3, address: 1, deviceClass: "09")
        try host.sysfs.addUSBDevice("3-1", bus: 3, address: 4, deviceClass: "09")
        try host.sysfs.addUSBDevice("3-1.2", bus: 3, address: 17, drivers: ["usb-storage", nil])
        try host.sysfs.addUSBDevice("3-1.3", bus: 3, address: 18, drivers: ["usbhid"])
        return host
    }

    static let stick = "hostbus=3,hostaddr=17"
    static let keyboard = "hostbus=3,hostaddr=18"

    func device(_ words: String) throws -> USBDevice {
        try USBDeviceSpec.parse(bytes: Array(words.utf8), into: USBDevice()).value
    }

    func controller(_ words: String) throws -> USBController {
        try USBControllerSpec.parse(bytes: Array(words.utf8), into: USBController()).value
    }

    func error(_ body: () async throws -> Void) async -> ToolstackError? {
        do { try await body() } catch { return error as? ToolstackError }
        return nil
    }

    func drivers(_ host: SimulatedHost) -> [String?] {
        ["3-1.2:1.0", "3-1.2:1.1", "3-1.3:1.0"].map { host.sysfs.driver(of: $0, bus: "usb") }
    }

    /// "CONTROLLER:PORT=DEVICE" of each that is taken.
    func taken(_ host: SimulatedHost, _ domain: DomainID) throws -> [String] {
        try USBPassthrough(host.toolstack).controllers(of: domain).flatMap { controller in
            controller.ports.compactMap { port in port.device.map { "\(controller.id):\(port.number)=\($0)" } }
        }
    }

    // MARK: The kernel's backend

    @Test func theKernelsBackendHasADeviceForAsLongAsItsGuest() async throws {
        let host = try Self.host(hasUSBBack: true)
        let given = try host.pvGuest(
            "usbctrl=['version=2,ports=3']\nusbdev=['\(Self.stick)','\(Self.keyboard),controller=0,port=1']")
        let before = host.snapshot
        let domain = try await host.start(given)
        #expect(drivers(host) == ["usbback", "usbback", "usbback"])
        #expect(try taken(host, domain) == ["0:1=3-1.3", "0:2=3-1.2"])
        let store = host.toolstack.store
        #expect(try store.read("/libxl/usbback/3-1_2/3-1_2@1_0/driver_path")?.hasSuffix("drivers/usb-storage") == true)
        #expect(try store.list("/libxl/usbback/3-1_2") == ["3-1_2@1_0"])
        let listed = try #require(try USBPassthrough(host.toolstack).controllers(of: domain).first)
        #expect(listed.type == .pv)
        #expect(listed.portCount == 3)
        #expect(listed.ports.map(\.address) == [18, 17, nil])
        let stored = try #require(try host.toolstack.storedConfiguration(of: domain))
        #expect(stored.usbDevices.map(\.port) == [2, 1])
        #expect(stored.usbDevices.map(\.controllerID) == [0, 0])
        try await host.toolstack.destroy(domain)
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func attachedAndDetachedAllIsAsBefore() async throws {
        let host = try Self.host(hasUSBBack: true)
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest())
        let before = host.snapshot
        #expect(try passthrough.controllers(of: domain) == [])
        // The first device brings a controller.
        let placed = try await passthrough.attach(device(Self.stick), to: domain)
        #expect((placed.controllerID, placed.port) == (0, 1))
        #expect(drivers(host) == ["usbback", "usbback", "usbhid"])
        try await passthrough.attach(device(Self.keyboard), to: domain)
        #expect(try taken(host, domain) == ["0:1=3-1.2", "0:2=3-1.3"])
        let stored = try #require(try host.toolstack.storedConfiguration(of: domain))
        #expect(stored.usbControllers.map(\.deviceID) == [0])
        #expect(stored.usbDevices.count == 2)
        try await passthrough.detach(port: 1, of: 0, from: domain)
        #expect(drivers(host) == ["usb-storage", nil, "usbback"])
        #expect(try host.toolstack.storedConfiguration(of: domain)?.usbDevices.count == 1)
        // A controller goes with what is at its ports.
        try await passthrough.detachController(0, from: domain)
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
    }

    @Test(arguments: ["usb-storage/unbind", "usbback/bind"])
    func whenADriverRefusesAllIsAsBefore(file: String) async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest())
        let before = host.snapshot
        host.sysfs.refuse("bus/usb/drivers/\(file)", with: .resourceBusy)
        let failure = await error { try await USBPassthrough(host.toolstack).attach(device(Self.stick), to: domain) }
        #expect(failure?.remedy?.contains("still uses it") == true)
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
        #expect(host.snapshot.nodes == before.nodes)
        #expect(host.snapshot.files == before.files)
        // The same at creation.
        let other = try host.pvGuest("usbdev=['\(Self.stick)']")
        try await host.toolstack.destroy(domain)
        let clean = host.snapshot
        #expect(await error { _ = try await host.toolstack.create(other) } != nil)
        #expect(host.snapshot.changes(since: clean) == [])
    }

    @Test func whatTheBackendKeepsStaysTheGuests() async throws {
        let host = try Self.host(hasUSBBack: true)
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("usbdev=['\(Self.stick)']"))
        let before = host.snapshot
        host.sysfs.refuse("bus/usb/drivers/usbback/unbind", with: .resourceBusy)
        #expect(await error { try await passthrough.detach(port: 1, of: 0, from: domain) }?.code == .fail)
        #expect(await error { try await passthrough.detachController(0, from: domain) }?.code == .fail)
        #expect(host.snapshot.changes(since: before) == [])
        #expect(drivers(host) == ["usbback", "usbback", "usbhid"])
        // Also when the guest is no more: its drivers stay known.
        try await host.toolstack.destroy(domain)
        #expect(drivers(host) == ["usbback", "usbback", "usbhid"])
        #expect(try host.toolstack.store.exists("/libxl/usbback/3-1_2/3-1_2@1_0/driver_path"))
        #expect(try passthrough.leftDevices() == ["3-1.2"])
        host.sysfs.refuse("bus/usb/drivers/usbback/unbind", with: nil)
        try await passthrough.returnDevice("3-1.2")
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
    }

    @Test func aControllerThatIsNotLetGoKeepsItsDevices() async throws {
        let host = try Self.host(hasUSBBack: true) { $0.deviceDestroy = .milliseconds(50) }
        let domain = try await host.start(try host.pvGuest("usbdev=['\(Self.stick)']"))
        host.backends.silence("vusb")
        let address = DeviceAddress(domain: domain, kind: .vusb, id: 0)
        await #expect(throws: ToolstackError.self) {
            try await DeviceEngine(host.toolstack).remove(address, force: .never)
        }
        #expect(drivers(host) == ["usbback", "usbback", "usbhid"])
        #expect(try taken(host, domain) == ["0:1=3-1.2"])
    }

    @Test func aDriverThatDoesNotTakeItsDeviceBackIsTold() async throws {
        let host = try Self.host(hasUSBBack: true)
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("usbdev=['\(Self.stick)']"))
        host.sysfs.refuse("bus/usb/drivers/usb-storage/bind", with: Errno(rawValue: ENODEV))
        let failure = await error { try await passthrough.detach(port: 1, of: 0, from: domain) }
        #expect(failure?.message.contains("is the guest's no more") == true)
        #expect(try taken(host, domain) == [])
        #expect(try !host.toolstack.store.exists("/libxl/usbback"))
        #expect(try host.toolstack.storedConfiguration(of: domain)?.usbDevices == [])
    }

    @Test func aKernelThatDoesNotComeBackIsLeft() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest())
        host.sysfs.silence("bus/usb/drivers/usb-storage/unbind")
        let failure = await error { try await USBPassthrough(host.toolstack).attach(device(Self.stick), to: domain) }
        #expect(failure?.code == .timedOut)
        #expect(host.sysfs.written.count == 1)
        #expect(try USBPassthrough(host.toolstack).controllers(of: domain) == [])
        // Which driver is to get it back stays known.
        #expect(try host.toolstack.store.exists("/libxl/usbback/3-1_2/3-1_2@1_0/driver_path"))
    }

    @Test func aDeviceThatIsPulledOutCanBeDetached() async throws {
        let host = try Self.host(hasUSBBack: true)
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("usbdev=['\(Self.stick)']"))
        host.sysfs.removeUSBDevice("3-1.2")
        let port = try #require(try passthrough.controllers(of: domain).first?.ports.first)
        #expect((port.device, port.bus, port.address) == ("3-1.2", nil, nil))
        try await passthrough.detach(port: 1, of: 0, from: domain)
        #expect(try taken(host, domain) == [])
        #expect(try !host.toolstack.store.exists("/libxl/usbback"))
        #expect(try host.toolstack.storedConfiguration(of: domain)?.usbDevices == [])
    }

    // MARK: Refusals

    @Test func whatCannotBeGivenIsRefusedAndLeavesNothing() async throws {
        let host = try Self.host(hasUSBBack: true)
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest("usbctrl=['ports=1']"))
        let before = host.snapshot
        let refused: [(String, ToolstackError.Code, String)] = [
            ("hostbus=3,hostaddr=99", .notFound, "the host has no USB device at bus 3, address 99"),
            ("hostbus=3", .invalid, "has no address"), ("hostbus=3,hostaddr=4", .invalid, "it is a hub"),
            ("hostbus=3,hostaddr=1", .invalid, "it is a hub"),
            ("\(Self.stick),port=1", .invalid, "USB controller must be specified if you specify port"),
            ("\(Self.stick),controller=1", .notFound, "no USB controller 1"),
            ("\(Self.stick),controller=0,port=2", .invalid, "has no port 2"),
        ]
        for (words, code, text) in refused {
            let failure = await error { try await passthrough.attach(device(words), to: domain) }
            #expect(failure?.code == code, "\(words)")
            #expect(failure?.description.contains(text) == true, "\(words): \(String(describing: failure))")
        }
        #expect(host.snapshot.changes(since: before) == [])
        try await passthrough.attach(device(Self.stick), to: domain)
        let again = await error { try await passthrough.attach(device(Self.stick), to: domain) }
        #expect(again?.cause == "domain \(domain) has it")
        let taken = await error {
            try await passthrough.attach(device("\(Self.keyboard),controller=0,port=1"), to: domain)
        }
        #expect(taken?.message == "The controller port isn't available")
        let full = await error { try await passthrough.attach(device("\(Self.keyboard),controller=0"), to: domain) }
        #expect(full?.message == "No available port under specified controller")
        for (id, port): (UInt32, Int32) in [(0, 2), (0, 0), (0, -1), (4, 1)] {
            #expect(await error { try await passthrough.detach(port: port, of: id, from: domain) }?.code == .notFound)
        }
        #expect(await error { try await passthrough.detachController(7, from: domain) }?.code == .notFound)
    }

    @Test func aConfigurationThatCannotBeIsRefusedBeforeAnythingIsMade() async throws {
        let host = try Self.host(hasUSBBack: true)
        _ = try host.kernel()
        let before = host.snapshot
        for (words, text): (String, String) in [
            ("usbdev=['\(Self.stick)','\(Self.stick)']", "to the guest twice"),
            (
                "usbctrl=['ports=1']\nusbdev=['\(Self.stick),controller=0,port=1','\(Self.keyboard),controller=0']",
                "No available port"
            ),
            ("usbctrl=['type=devicemodel']", "only an HVM guest"), ("usbctrl=['version=3']", "has no version 3"),
            ("usbdev=['hostbus=9,hostaddr=9']", "the host has no USB device"),
        ] {
            let failure = await error { _ = try await host.toolstack.create(try host.pvGuest(words)) }
            #expect(failure?.description.contains(text) == true, "\(words): \(String(describing: failure))")
        }
        #expect(host.snapshot.changes(since: before) == [])
    }

    @Test func aDeviceThatThisHostNeedsIsGivenByForceAlone() async throws {
        let host = try Self.host(hasUSBBack: true)
        try host.sysfs.addUSBDriver("r8152")
        try host.sysfs.addUSBDevice("3-2", bus: 3, address: 20, drivers: ["r8152"])
        try host.sysfs.addInterface("eth9", at: "devices/pci0000:00/0000:00:14.0/usb3/3-2/3-2:1.0")
        let passthrough = USBPassthrough(host.toolstack)
        let domain = try await host.start(try host.pvGuest())
        let network = try device("hostbus=3,hostaddr=20")
        let failure = await error { try await passthrough.attach(network, to: domain) }
        #expect(failure?.cause?.contains("it is the only network card that is connected, eth9") == true)
        #expect(failure?.remedy?.contains("--force") == true)
        try await passthrough.attach(network, to: domain, isForced: true)
        #expect(host.sysfs.driver(of: "3-2:1.0", bus: "usb") == "usbback")
    }

    @Test func whatThisHostUsesADeviceForIsSaid() async throws {
        let host = try Self.host(hasUSBBack: true)
        let bus = "devices/pci0000:00/0000:00:14.0/usb3"
        for entry in ["input4", "input5"] {
            try host.sysfs.addInput(entry, called: "A Keyboard", at: "\(bus)/3-1.3/3-1.3:1.0/\(entry)")
        }
        try host.sysfs.addInput("input1", called: "Power Button", at: "devices/platform/button")
        try host.sysfs.addDisk("8:16", at: "\(bus)/3-1.2/3-1.2:1.0/host2/block/sdb")
        let number = DeviceNumber(major: 8, minor: 16)
        let uses = DeviceUses(root: host.sysfs.root, disks: [.init(device: number, use: .fileSystem("/mnt"))])
        #expect(uses.uses(ofDeviceNamed: "3-1.3") == [.input("A Keyboard")])
        #expect(uses.uses(ofDeviceNamed: "3-1.2") == [.fileSystem("/mnt")])
        #expect(uses.uses(ofDeviceNamed: "3-1.20") == [])
        let domain = try await host.start(try host.pvGuest())
        try await USBPassthrough(host.toolstack).attach(device(Self.keyboard), to: domain)
        #expect(host.log.lines.contains { $0.contains("goes to a guest: A Keyboard is an input device") })
    }

    // MARK: Saved and restored

    @Test func aRestoredGuestHasItsDevicesWhereTheyWere() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest("usbctrl=['ports=4']"))
        let passthrough = USBPassthrough(host.toolstack)
        try await passthrough.attach(device("\(Self.stick),controller=0,port=3"), to: domain)
        try await passthrough.attach(device(Self.keyboard), to: domain)
        try await host.save(domain)
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
        let restored = try await host.restore()
        #expect(try taken(host, restored) == ["0:1=3-1.3", "0:3=3-1.2"])
        #expect(drivers(host) == ["usbback", "usbback", "usbback"])
        // Not without a device that it had.
        try await host.toolstack.unpause(restored)
        try await host.save(restored)
        host.sysfs.removeUSBDevice("3-1.3")
        #expect(await error { _ = try await host.restore() }?.description.contains("no USB device at bus 3") == true)
        #expect(drivers(host) == ["usb-storage", nil, nil])
    }

    // MARK: Other toolstacks

    /// A controller with a stick at its second port, as upstream's nodes say it.
    private func addUpstreams(_ host: SimulatedHost, _ domain: DomainID) async throws {
        let backend = "/local/domain/0/backend/vusb/\(domain)/0"
        host.store.access { store in
            store.write("/libxl/\(domain)/device/vusb/0/type", "pv")
            store.write("/libxl/\(domain)/device/vusb/0/backend", backend)
            store.write("/local/domain/\(domain)/device/vusb/0/state", "4")
            let nodes = [
                ("frontend", "/local/domain/\(domain)/device/vusb/0"), ("online", "1"), ("state", "4"),
                ("usb-ver", "2"), ("num-ports", "3"), ("port/1", ""), ("port/2", "3-1.2"), ("port/3", "gone"),
            ]
            for (key, value) in nodes { store.write("\(backend)/\(key)", value) }
            store.write(
                "/libxl/usbback/3-1_2/3-1_2@1_0/driver_path",
                host.sysfs.root.appending("bus/usb/drivers/usb-storage").string)
        }
        for file in ["usb-storage/unbind", "usbback/bind"] {
            try await host.sysfs.write(
                "3-1.2:1.0", to: host.sysfs.root.appending("bus/usb/drivers/\(file)"), within: .seconds(1))
        }
    }

    @Test func aGuestOfUpstreamsIsListedAndGivesItsDriversBack() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest())
        try await addUpstreams(host, domain)
        let controller = try #require(try USBPassthrough(host.toolstack).controllers(of: domain).first)
        #expect(controller.state == 4)
        #expect(controller.ports.map(\.device) == [nil, "3-1.2", "gone"])
        #expect(controller.ports.map(\.address) == [nil, 17, nil])
        let failure = await error {
            try await USBPassthrough(host.toolstack).attach(device(Self.stick), to: domain)
        }
        #expect(failure?.cause == "domain \(domain) has it")
        try await host.toolstack.destroy(domain)
        #expect(drivers(host) == ["usb-storage", nil, "usbhid"])
        #expect(try !host.toolstack.store.exists("/libxl/usbback"))
        #expect(try !host.toolstack.store.exists("/local/domain/0/backend/vusb"))
    }

    @Test func aBackendThatLiesIsBounded() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest())
        try await addUpstreams(host, domain)
        host.store.access { store in
            let backend = "/local/domain/0/backend/vusb/\(domain)/0"
            store.write("\(backend)/num-ports", "2000000000")
            store.write("\(backend)/port/1", "../../../etc/passwd")
            store.write("\(backend)/usb-ver", "x")
        }
        let controller = try #require(try USBPassthrough(host.toolstack).controllers(of: domain).first)
        #expect(controller.ports.count == 31)
        #expect(controller.ports[0].bus == nil)
        #expect(controller.version == 0)
    }

    @Test func theStoredConfigurationFollowsWhatOthersHaveTaken() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(
            try host.pvGuest("usbctrl=['','']\nusbdev=['\(Self.stick)','\(Self.keyboard)']"))
        #expect(try await host.toolstack.currentConfiguration(of: domain).usbDevices.count == 2)
        host.store.access { store in
            store.write("/local/domain/0/backend/vusb/\(domain)/0/port/1", "")
            store.remove("/libxl/\(domain)/device/vusb/1")
        }
        let now = try await host.toolstack.currentConfiguration(of: domain)
        #expect(now.usbDevices.map(\.hostDevice?.hostAddress) == [18])
        #expect(now.usbControllers.map(\.deviceID) == [0])
    }

    @Test func theDoctorGivesBackWhatACommandThatWasKilledHasLeft() async throws {
        let host = try Self.host(hasUSBBack: true)
        let domain = try await host.start(try host.pvGuest("usbdev=['\(Self.stick)','\(Self.keyboard)']"))
        let passthrough = USBPassthrough(host.toolstack)
        #expect(try passthrough.leftDevices() == [])
        await #expect(throws: ToolstackError.self) { try await passthrough.returnDevice("3-1.2") }
        host.store.access { $0.write("/local/domain/0/backend/vusb/\(domain)/0/port/1", "") }
        #expect(try passthrough.leftDevices() == ["3-1.2"])
        try await passthrough.returnDevice("3-1.2")
        #expect(drivers(host) == ["usb-storage", nil, "usbback"])
        #expect(try host.toolstack.store.list("/libxl/usbback") == ["3-1_3"])
    }

    @Test func aGuestThatIsResetInPlaceMayHaveItsDevices() async throws {
        let host = try Self.host()
        let given = try host.hvmGuest("usbdev=['\(Self.stick)']")
        let made = try await host.toolstack.create(given)
        var again = made.configuration
        #expect(again.usbControllers.count == 1)
        try DeviceEngine(host.toolstack).complete(&again)
        again.createInfo.uuid = XenUUID.random()
        #expect(throws: ToolstackError.self) { try DeviceEngine(host.toolstack).complete(&again) }
    }
}
