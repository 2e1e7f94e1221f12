import DomainModel
import XenStore
import XenTypes

/// A domain's USB controller and what is at its ports.
public struct USBControllerStatus: Sendable, Hashable {
    /// A port, from 1.
    public struct Port: Sendable, Hashable {
        /// The port, from 1.
        public var number: Int32
        /// The host's device there, as its kernel knows it: "3-1.2".
        public var device: String?
        /// Where that device is on the host now; nil when it is gone.
        public var bus: UInt8?
        /// The device's address on its bus of the host; nil where nothing is plugged in.
        public var address: UInt8?

        public init(number: Int32, device: String? = nil, bus: UInt8? = nil, address: UInt8? = nil) {
            (self.number, self.device, self.bus, self.address) = (number, device, bus, address)
        }
    }

    /// The controller's number.
    public var id: UInt32
    /// What serves it.
    public var type: USBControllerType
    /// The domain that serves it.
    public var backendDomain: DomainID
    /// nil for one that QEMU emulates.
    public var backend: StorePath?
    /// The guest's side's; 0 for an emulated one, -1 where it is not there.
    public var state: Int32
    /// Of USB: 1, 2 or 3; -1 where nothing says so.
    public var version: Int32
    /// What the backend says, which may be anything.
    public var portCount: Int32
    /// All its ports, in their order.
    public var ports: [Port]

    public init(
        id: UInt32, type: USBControllerType, backendDomain: DomainID, backend: StorePath?, state: Int32,
        version: Int32, portCount: Int32, ports: [Port]
    ) {
        (self.id, self.type, self.backendDomain, self.backend) = (id, type, backendDomain, backend)
        (self.state, self.version, self.portCount, self.ports) = (state, version, portCount, ports)
    }
}

extension USBPassthrough {
    /// The domain's USB controllers, in the store's order.
    public func controllers(of domain: DomainID) throws(ToolstackError) -> [USBControllerStatus] {
        let root = DomainPaths(domain).libxl / "device" / DeviceKind.vusb.rawValue
        do throws(StoreError) {
            var controllers: [USBControllerStatus] = []
            for name in try store.list(root) ?? [] {
                guard let id = UInt32(name), let found = try controller(id, of: domain, root / name) else { continue }
                controllers.append(found)
            }
            return controllers
        } catch {
            throw Self.failure(domain, "list the USB controllers of domain \(domain)", error)
        }
    }

    /// - Returns: nil when the record names no backend.
    private func controller(
        _ id: UInt32, of domain: DomainID, _ record: StorePath
    ) throws(StoreError) -> USBControllerStatus? {
        let values = try store.read([record / "type", record / "backend"])
        guard let word = values[0] else { return nil }
        var controller = USBControllerStatus(
            id: id, type: USBControllerType(name: word) ?? .auto, backendDomain: .control, backend: nil, state: 0,
            version: -1, portCount: -1, ports: [])
        var home = record
        if controller.type != .devicemodel {
            guard let path = values[1],
                let device = DeviceAddress(domain: domain, kind: .vusb, id: id, backendPath: path)
            else { return nil }
            home = device.backend
            controller.backend = home
            controller.backendDomain = device.backendDomain
            controller.state = try store.read(device.frontend / "state").map { GuestNumber.value(of: $0) } ?? -1
        }
        let numbers = try store.read([home / "usb-ver", home / "num-ports"])
        controller.version = numbers[0].map { GuestNumber.value(of: $0) } ?? -1
        controller.portCount = numbers[1].map { GuestNumber.value(of: $0) } ?? -1
        // A driver domain may claim more than there can be.
        let count = min(controller.portCount, USBControllerClass.mostPorts)
        guard count > 0 else { return controller }
        let names = try store.read((1...count).map { home / "port" / $0 })
        controller.ports = zip(1...count, names).map { number, name in
            let device = name.flatMap { $0.isEmpty ? nil : $0 }
            let found = device.flatMap { usb.device(named: $0) }
            return USBControllerStatus.Port(
                number: number, device: device, bus: found?.bus, address: found?.address)
        }
        return controller
    }
}

extension USBControllerStatus {
    /// The node that says what is at a port.
    func node(ofPort port: Int32, of domain: DomainID) -> StorePath {
        let home = backend ?? DomainPaths(domain).libxl / "device" / DeviceKind.vusb.rawValue / id
        return home / "port" / port
    }

    /// Where its nodes are. One that is emulated has no more than the record.
    func address(of domain: DomainID) -> DeviceAddress {
        DeviceAddress(
            domain: domain, kind: .vusb, id: id, backendDomain: backendDomain,
            backendKind: type == .qusb ? .qusb : .vusb)
    }
}
