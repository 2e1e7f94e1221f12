import DomainModel
import HostSimulator
import SystemPackage
import Testing
import XenStore
import XenTypes
import YajlJSON

@testable import XenToolstack

/// What is decided about USB devices, as values.
@Suite struct USBPlanTests {
    private static let drivers: FilePath = "/sys/bus/usb/drivers"
    private static let usbback = drivers.appending("usbback")

    private func interfaces(_ drivers: [String?]) -> [HostUSBInterface] {
        drivers.enumerated().map { number, driver in
            HostUSBInterface(name: "3-1.2:1.\(number)", driver: driver.map { Self.drivers.appending($0) })
        }
    }

    private func writes(_ plan: USBBindingPlan) -> [String] {
        plan.entries.map { entry in
            switch entry.step {
            case .write(let interface, let file):
                "\(interface) > \(file.removingLastComponent().lastComponent?.string ?? "")/\(file.lastComponent?.string ?? "")"
            case .note(let interface, let driver): "\(interface) had \(driver ?? "none")"
            }
        }
    }

    // MARK: Drivers

    @Test func eachInterfaceIsNotedTakenAndGiven() {
        let plan = USBBindingPlan.giving(interfaces(["usbhid", nil, "usbback"]), to: Self.usbback, notes: [:])
        #expect(
            writes(plan) == [
                "3-1.2:1.0 had /sys/bus/usb/drivers/usbhid", "3-1.2:1.0 > usbhid/unbind", "3-1.2:1.0 > usbback/bind",
                "3-1.2:1.1 > usbback/bind",
            ])
        #expect(
            plan.entries.map(\.wayBack) == [
                .note(interface: "3-1.2:1.0", driver: nil),
                .write(interface: "3-1.2:1.0", to: "/sys/bus/usb/drivers/usbhid/bind"),
                .write(interface: "3-1.2:1.0", to: "/sys/bus/usb/drivers/usbback/unbind"),
                .write(interface: "3-1.2:1.1", to: "/sys/bus/usb/drivers/usbback/unbind"),
            ])
    }

    @Test func aNoteThatWasThereComesBack() {
        let plan = USBBindingPlan.giving(interfaces(["usbhid"]), to: Self.usbback, notes: ["3-1.2:1.0": "/old"])
        #expect(plan.entries.first?.wayBack == .note(interface: "3-1.2:1.0", driver: "/old"))
    }

    @Test func onlyWhatTheBackendHasIsTakenFromIt() {
        let plan = USBBindingPlan.taking(interfaces(["usbback", "usbhid", nil, "usbback"]), from: Self.usbback)
        #expect(writes(plan) == ["3-1.2:1.0 > usbback/unbind", "3-1.2:1.3 > usbback/unbind"])
        #expect(plan.entries.first?.wayBack == .write(interface: "3-1.2:1.0", to: "/sys/bus/usb/drivers/usbback/bind"))
    }

    @Test func driversComeBackWhereNobodyHasTheInterface() {
        let notes = ["3-1.2:1.0": "/sys/bus/usb/drivers/usbhid", "3-1.2:1.1": "/sys/bus/usb/drivers/usbhid"]
        let plan = USBBindingPlan.returning(interfaces([nil, "usbback", nil]), notes: notes, drivers: Self.drivers)
        #expect(writes(plan) == ["3-1.2:1.0 > usbhid/bind"])
        #expect(plan.entries.allSatisfy { $0.wayBack == nil })
    }

    @Test(arguments: [
        "/etc", "/sys/bus/pci/drivers/x", "drivers", "", "/sys/bus/usb/drivers", "/sys/bus/usb/drivers/../drivers/x",
        "/sys/bus/usb/drivers/x/y",
    ])
    func onlyDriversOfUSBAreWrittenTo(_ noted: String) {
        let plan = USBBindingPlan.returning(interfaces([nil]), notes: ["3-1.2:1.0": noted], drivers: Self.drivers)
        #expect(plan.entries == [])
        #expect(plan.warnings.count == 1)
    }

    @Test func namesAreTheKernels() {
        for name in ["3-1", "3-1.2", "3-1.2:1.0", "10-1.4.3"] { #expect(HostUSB.isName(name), "\(name)") }
        for name in ["", "..", "../x", "3/1", "usb1", "3", ".-1", "3-1\n"] { #expect(!HostUSB.isName(name), "\(name)") }
        #expect(USBNotes.driverPath(of: "3-1.2:2.1") == "/libxl/usbback/3-1_2/3-1_2@2_1/driver_path")
    }

    @Test func devicesAreReadAsTheKernelShowsThem() throws {
        let host = try SimulatedHost()
        let usb = host.toolstack.usb
        #expect(!usb.hasUSBBack)
        try host.sysfs.addUSBDriver("usbhid")
        try host.sysfs.addUSBDevice("usb3", bus: 3, address: 1, deviceClass: "09")
        try host.sysfs.addUSBDevice("3-1", bus: 3, address: 17, drivers: ["usbhid", nil])
        try host.sysfs.addUSBDevice("3-10", bus: 3, address: 18, deviceClass: "ef", drivers: [nil])
        let found = try #require(usb.device(bus: 3, address: 17))
        #expect(found == usb.device(named: "3-1"))
        let interfaces = try usb.interfaces(of: "3-1")
        #expect(interfaces.map(\.name) == ["3-1:1.0", "3-1:1.1"])
        #expect(interfaces.map(\.driver) == [usb.drivers.appending("usbhid"), nil])
        for name in ["3-2", "../devices/3-1", "usb3"] { #expect(try usb.interfaces(of: name) == []) }
        #expect(usb.device(bus: 3, address: 1)?.isHub == true)
        #expect(usb.device(bus: 3, address: 18)?.deviceClass == 0xEF)
        #expect(usb.device(bus: 4, address: 17) == nil)
        // Only from the kernel, not from a node of xenstore.
        #expect(usb.device(named: "usb3") == nil)
        for text in ["", "x", "300", "-1"] {
            try host.write("sys/devices/pci0000:00/0000:00:14.0/usb3/3-1/devnum", Array(text.utf8))
            #expect(usb.device(named: "3-1") == nil, "\(text)")
        }
    }

    // MARK: Controllers

    private func context(_ type: DomainType, hasUSBBack: Bool = false) -> DeviceContext {
        var context = DeviceContext(domain: DomainID(5), type: type, scripts: "/etc", release: XenRelease(4, 17))
        context.hasUSBBack = hasUSBBack
        return context
    }

    private func controller(_ type: USBControllerType, _ version: Int32 = 0, _ ports: Int32 = 0) -> USBController {
        var controller = USBController()
        (controller.type, controller.version, controller.ports, controller.deviceID) = (type, version, ports, 1)
        return controller
    }

    @Test(arguments: [
        (DomainType.pv, false, USBControllerType.qusb), (.pvh, true, .pv), (.pv, true, .pv), (.hvm, true, .devicemodel),
    ])
    func theTypeFollowsFromGuestAndHost(type: DomainType, hasUSBBack: Bool, expected: USBControllerType) throws {
        var controller = controller(.auto)
        try USBControllerClass.complete(&controller, context(type, hasUSBBack: hasUSBBack))
        #expect(controller.type == expected)
        #expect(controller.version == 2)
        #expect(controller.ports == (expected == .devicemodel ? 6 : 8))
    }

    @Test(arguments: [
        (USBControllerType.pv, Int32(1), Int32(31), true), (.pv, 2, 32, false), (.pv, 3, 0, false),
        (.qusb, 2, 1, true), (.qusb, 0, -1, false), (.qusb, -1, 0, false), (.devicemodel, 1, 2, true),
        (.devicemodel, 1, 3, false), (.devicemodel, 2, 6, true), (.devicemodel, 2, 2, false),
        (.devicemodel, 3, 15, true), (.devicemodel, 3, 16, false), (.devicemodel, 4, 0, false),
        (.devicemodel, 3, .min, false),
    ])
    func versionAndPortsAreThoseThatThereAre(
        type: USBControllerType, version: Int32, ports: Int32, isPossible: Bool
    ) {
        var controller = controller(type, version, ports)
        var code: ToolstackError.Code?
        do throws(ToolstackError) {
            try USBControllerClass.complete(&controller, context(.hvm, hasUSBBack: true))
        } catch {
            code = error.code
        }
        #expect(code == (isPossible ? nil : .invalid))
    }

    @Test func whatCannotServeIsRefused() {
        var kernel = controller(.pv)
        #expect(throws: ToolstackError.self) { try USBControllerClass.complete(&kernel, context(.pv)) }
        // Another domain may have what this one lacks.
        kernel.backendDomainID = DomainID(3)
        #expect(throws: Never.self) { try USBControllerClass.complete(&kernel, context(.pv)) }
        for type in [DomainType.pv, .pvh] {
            var emulated = controller(.devicemodel)
            #expect(throws: ToolstackError.self) { try USBControllerClass.complete(&emulated, context(type)) }
        }
    }

    @Test func theNodesAreUpstreams() throws {
        var controller = controller(.qusb, 2, 2)
        let plan = try USBControllerClass.plan(controller, index: 0, context(.pv))
        #expect(plan.address.backend == "/local/domain/0/backend/qusb/5/1")
        #expect(plan.address.frontend == "/local/domain/5/device/vusb/1")
        #expect(plan.handshake == .none)
        #expect(
            plan.backend.map { "\($0.key)=\($0.value)" } == [
                "frontend-id=5", "online=1", "state=1", "type=qusb", "usb-ver=2", "num-ports=2", "port=", "port/1=",
                "port/2=",
            ])
        #expect(plan.frontend.map(\.key) == ["backend-id", "state"])
        controller.type = .pv
        #expect(try USBControllerClass.plan(controller, index: 0, context(.pv)).handshake == .backend)
        controller = self.controller(.devicemodel, 3, 4)
        let emulated = try USBControllerClass.plan(controller, index: 0, context(.hvm))
        #expect(
            emulated.nodes.map { "\($0.path)=\($0.value ?? "")" }
                == [
                    "type=devicemodel", "usb-ver=3", "num-ports=4", "port=", "port/1=", "port/2=", "port/3=", "port/4=",
                ]
                .map { "/libxl/5/device/vusb/1/\($0)" })
        #expect(emulated.nodes.allSatisfy { $0.permissions == nil })
        #expect(emulated.handshake == .none)
        #expect(emulated.changes.first == .remove("/libxl/5/device/vusb/1"))
    }

    @Test func qemuIsToldTheSameOnItsCommandLineAndWhileItRuns() throws {
        func text(_ device: QEMUDevice?) throws -> [String] {
            let device = try #require(device)
            let bytes = try YajlEncoder(layout: .compact).encode(JSONValue.object(device.arguments))
            return [device.option, String(decoding: bytes, as: UTF8.self)]
        }
        #expect(
            try text(USBControllerClass.qemuDevice(controller(.devicemodel, 1, 2))) == [
                "piix3-usb-uhci,id=xenusb-1", #"{"driver":"piix3-usb-uhci","id":"xenusb-1"}"#,
            ])
        #expect(
            try text(USBControllerClass.qemuDevice(controller(.devicemodel, 2, 6))).first
                == "usb-ehci,id=xenusb-1")
        #expect(
            try text(USBControllerClass.qemuDevice(controller(.devicemodel, 3, 4))) == [
                "nec-usb-xhci,id=xenusb-1,p2=4,p3=4", #"{"driver":"nec-usb-xhci","id":"xenusb-1","p2":4,"p3":4}"#,
            ])
        #expect(USBControllerClass.qemuDevice(controller(.qusb, 2, 8)) == nil)
        #expect(
            try text(USBPassthrough.qemuDevice(device(3, 17, controller: 1, port: 2))) == [
                "usb-host,id=xenusb-3-17,bus=xenusb-1.0,port=2,hostbus=3,hostaddr=17",
                #"{"driver":"usb-host","id":"xenusb-3-17","bus":"xenusb-1.0","port":"2","hostbus":3,"hostaddr":17}"#,
            ])
        #expect(USBPassthrough.qemuDevice(device(3, 17)) == nil)
        #expect(USBPassthrough.qemuDevice(device(3, 17, controller: -1)) == nil)
    }

    // MARK: Ports

    private func device(_ bus: UInt8, _ address: UInt8, controller: Int32? = nil, port: Int32 = 0) -> USBDevice {
        var (device, host) = (USBDevice(), USBHostDevice())
        (host.hostBus, host.hostAddress) = (bus, address)
        (device.hostDevice, device.controllerID, device.port) = (host, controller, port)
        return device
    }

    private func place(_ device: USBDevice, _ ports: inout USBPorts) throws(ToolstackError) -> String {
        var device = device
        guard try ports.place(&device) else { return "none" }
        return "\(device.controllerID.map { "\($0)" } ?? "-"):\(device.port)"
    }

    @Test func theFirstFreePortIsTaken() throws {
        var ports = USBPorts([
            .init(id: 0, count: 2, isServedHere: false), .init(id: 1, count: 2, isServedHere: true, taken: [1]),
            .init(id: 7, count: 1, isServedHere: true),
        ])
        #expect(try place(device(1, 1), &ports) == "1:2")
        #expect(try place(device(1, 2), &ports) == "7:1")
        #expect(try place(device(1, 3), &ports) == "none")
        var more = controller(.qusb, 2, 8)
        more.deviceID = 9
        ports.add(more)
        #expect(try place(device(1, 3), &ports) == "9:1")
    }

    @Test func aPlaceOfTheUsersIsKeptOrRefused() throws {
        var ports = USBPorts([.init(id: 0, count: 2, isServedHere: true), .init(id: 1, count: 2, isServedHere: false)])
        #expect(try place(device(1, 1, controller: 0, port: 2), &ports) == "0:2")
        #expect(try place(device(1, 2, controller: 0), &ports) == "0:1")
        let refused: [(USBDevice, ToolstackError.Code)] = [
            (device(1, 3, controller: 0), .invalid), (device(1, 3, controller: 0, port: 2), .invalid),
            (device(1, 3, controller: 0, port: 3), .invalid), (device(1, 3, controller: 0, port: -1), .invalid),
            (device(1, 3, controller: 1), .invalid), (device(1, 3, controller: 2), .notFound),
            (device(1, 3, port: 1), .invalid),
        ]
        for (device, code) in refused {
            let failure = #expect(throws: ToolstackError.self) { try place(device, &ports) }
            #expect(failure?.code == code, "\(device)")
        }
    }
}
