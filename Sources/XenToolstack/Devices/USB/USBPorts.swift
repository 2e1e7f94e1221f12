import DomainModel
import XenTypes

/// Which ports of a domain's USB controllers are taken, and where another device goes.
struct USBPorts: Sendable, Hashable {
    struct Controller: Sendable, Hashable {
        var id: Int32
        var count: Int32
        var isServedHere: Bool
        var taken: Set<Int32> = []

        /// The first port that is free.
        var free: Int32? { count < 1 ? nil : (1...count).first { !taken.contains($0) } }
    }

    private(set) var controllers: [Controller]

    init(_ controllers: [Controller]) { self.controllers = controllers }

    /// Of controllers that nothing is at yet.
    init(_ controllers: [USBController]) {
        self.init(controllers.compactMap { Controller($0) })
    }

    mutating func add(_ controller: USBController) {
        if let controller = Controller(controller) { controllers.append(controller) }
    }

    /// Chooses what a device's configuration leaves open of its place, and takes the port.
    ///
    /// - Returns: false when the domain needs another controller for it.
    /// - Throws: `invalid` for what cannot be, `notFound` for a controller that is not there.
    mutating func place(_ device: inout USBDevice) throws(ToolstackError) -> Bool {
        guard let id = device.controllerID else {
            guard device.port == 0 else {
                throw ToolstackError(
                    .invalid, "USB controller must be specified if you specify port", remedy: "add controller=")
            }
            guard let index = controllers.firstIndex(where: { $0.isServedHere && $0.free != nil }),
                let port = controllers[index].free
            else { return false }
            (device.controllerID, device.port) = (controllers[index].id, port)
            controllers[index].taken.insert(port)
            return true
        }
        guard let index = controllers.firstIndex(where: { $0.id == id }) else {
            throw ToolstackError(.notFound, "the domain has no USB controller \(id)")
        }
        let controller = controllers[index]
        guard controller.isServedHere else {
            throw ToolstackError(
                .invalid, "Don't support adding USB device from non-Dom0 backend", remedy: "name another controller=")
        }
        if device.port == 0 {
            guard let port = controller.free else {
                throw ToolstackError(.invalid, "No available port under specified controller")
            }
            device.port = port
        }
        guard device.port >= 1, device.port <= controller.count else {
            throw ToolstackError(
                .invalid, "USB controller \(id) has no port \(device.port)",
                remedy: "its ports are 1 to \(controller.count)")
        }
        guard controllers[index].taken.insert(device.port).inserted else {
            throw ToolstackError(
                .invalid, "The controller port isn't available", cause: "port \(device.port) of \(id) is taken",
                remedy: "leave port= out")
        }
        return true
    }
}

extension USBPorts.Controller {
    init?(_ controller: USBController) {
        guard let id = controller.deviceID else { return nil }
        self.init(id: id, count: controller.ports, isServedHere: controller.backendDomainID == .control)
    }

    init?(_ controller: USBControllerStatus) {
        guard let id = Int32(exactly: controller.id) else { return nil }
        self.init(
            id: id, count: Int32(clamping: controller.ports.count),
            isServedHere: controller.backendDomain == .control,
            taken: Set(controller.ports.filter { $0.device != nil }.map(\.number)))
    }
}
