import XenToolstack
import XenTypes

/// One controller of `usb-list --json` (`schemas/usb-list.schema.json`).
struct USBControllerJSON: FieldDocument {
    struct Port: Encodable {
        let port: Int32
        let device: String?
        let bus: UInt8?
        let address: UInt8?
    }

    let deviceNumber: UInt32
    let type: String
    let backendDomid: UInt32
    let backendPath: String?
    let state: String?
    let version: Int32?
    let portCount: Int32?
    let ports: [Port]

    init(_ controller: USBControllerStatus) {
        deviceNumber = controller.id
        type = controller.type.name
        backendDomid = controller.backendDomain.rawValue
        backendPath = controller.backend?.description
        state = controller.backend.flatMap { _ in XenbusState(text: "\(controller.state)")?.name }
        version = controller.version < 0 ? nil : controller.version
        portCount = controller.portCount < 0 ? nil : controller.portCount
        ports = controller.ports.map { Port(port: $0.number, device: $0.device, bus: $0.bus, address: $0.address) }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case deviceNumber = "device_number"
        case type
        case backendDomid = "backend_domid"
        case backendPath = "backend_path"
        case state
        case version = "usb_version"
        case portCount = "port_count"
        case ports
    }
}

extension DeviceTable {
    static func usbControllers(_ controllers: [USBControllerStatus]) -> String {
        controllers.flatMap { controller in
            [
                row(["Devid", "Type", "BE", "state", "usb-ver", "ports"]),
                row([
                    "\(controller.id)", controller.type.name, "\(controller.backendDomain)", "\(controller.state)",
                    "\(controller.version)", "\(controller.portCount)",
                ]),
            ]
                + controller.ports.map { port in
                    guard let bus = port.bus, let address = port.address else { return "  Port \(port.number):" }
                    return
                        "  Port \(port.number): Bus \(hexadecimal(bus, width: 3)) Device \(hexadecimal(address, width: 3))"
                }
        }.joined(separator: "\n")
    }

    private static func row(_ words: [String]) -> String {
        zip(words, [6, 12, 3, 5, 7, 5]).map { $0.padded(to: $1) }.joined(separator: " ")
    }
}
