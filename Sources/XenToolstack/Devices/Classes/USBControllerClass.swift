import DomainModel
import XenTypes

extension USBController: NumberedDevice {}

/// USB controllers: paravirtual ones over a backend in the kernel or in QEMU (the nodes are those of `xen/io/usbif.h`), or
/// those that QEMU emulates, of which the store has nothing but the record.
public enum USBControllerClass: DeviceClass {
    public static let kind = DeviceKind.vusb
    public static let noun = "USB controller"
    public static let devices: WritableKeyPath<DomainConfiguration, [USBController]> & Sendable = \.usbControllers

    /// What a version of USB may have of ports, and has where nothing is said.
    private struct Ports {
        var range: ClosedRange<Int32>
        var usual: Int32
    }

    /// `USBIF_MAX_PORTNR` of `xen/io/usbif.h`.
    static let mostPorts: Int32 = 31
    private static let usualVersion: Int32 = 2
    private static let paravirtual: [Int32: Ports] = [
        1: Ports(range: 1...mostPorts, usual: 8), 2: Ports(range: 1...mostPorts, usual: 8),
    ]
    /// Of QEMU's controllers, the first two have a fixed number (`hcd-uhci.h` and `hcd-ehci.h`), the third up to 15
    /// (`hcd-xhci.h`).
    private static let emulated: [Int32: Ports] = [
        1: Ports(range: 2...2, usual: 2), 2: Ports(range: 6...6, usual: 6), 3: Ports(range: 1...15, usual: 8),
    ]

    public static func needsDeviceModel(_ controller: USBController) -> Bool {
        controller.type == .qusb && controller.backendDomainID == .control
    }

    public static func complete(
        _ controller: inout USBController, _ context: DeviceContext
    ) throws(ToolstackError) {
        if controller.type == .auto {
            controller.type = context.type == .hvm ? .devicemodel : context.hasUSBBack ? .pv : .qusb
        }
        if controller.version == 0 { controller.version = usualVersion }
        let isEmulated = controller.type == .devicemodel
        func refusal(_ cause: String, _ remedy: String? = nil) -> ToolstackError {
            ToolstackError(
                .invalid, "cannot attach a USB controller of type \(controller.type.name)", domain: context.subject,
                cause: cause, remedy: remedy)
        }
        guard let ports = (isEmulated ? emulated : paravirtual)[controller.version] else {
            throw refusal("it has no version \(controller.version)", isEmulated ? "use 1, 2 or 3" : "use 1 or 2")
        }
        if controller.ports == 0 { controller.ports = ports.usual }
        guard ports.range.contains(controller.ports) else {
            let (least, most) = (ports.range.lowerBound, ports.range.upperBound)
            let words = least == most ? "always has \(most) ports" : "has \(least) to \(most) ports"
            throw refusal("one of version \(controller.version) \(words), not \(controller.ports)")
        }
        guard !isEmulated || context.type == .hvm else {
            throw refusal("only an HVM guest has emulated ones", "use type=auto")
        }
        guard controller.type != .pv || controller.backendDomainID != .control || context.hasUSBBack else {
            throw refusal("the kernel's backend for them is not loaded", "modprobe xen-usbback, or use type=qusb")
        }
    }

    public static func plan(
        _ controller: USBController, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        let ports: ClosedRange<Int32> = 1...mostPorts
        guard ports.contains(controller.ports) else {
            throw ToolstackError(
                .invalid, "cannot attach a USB controller with \(controller.ports) ports", domain: context.subject)
        }
        let entries =
            [
                DevicePlan.Entry("type", controller.type.name), DevicePlan.Entry("usb-ver", "\(controller.version)"),
                DevicePlan.Entry("num-ports", "\(controller.ports)"), DevicePlan.Entry("port", ""),
            ] + (1...controller.ports).map { DevicePlan.Entry("port/\($0)", "") }
        guard controller.type == .devicemodel else {
            let address = try address(
                of: controller, context, backendKind: controller.type == .qusb ? .qusb : .vusb)
            return DevicePlan(
                address, backend: entries, handshake: address.backendKind.isServedByQEMU ? .none : .backend)
        }
        let address = try address(of: controller, context)
        // At creation, it is on QEMU's command line.
        let device = context.isHotAttach ? qemuDevice(controller, id: address.id) : nil
        return DevicePlan(emulated: address, record: entries, device)
    }

    /// The name by which QEMU has a controller.
    static func qemuID(_ id: UInt32) -> String { "xenusb-\(id)" }

    /// What QEMU emulates for a completed controller; nil for one that is not emulated.
    static func qemuDevice(_ controller: USBController) -> QEMUDevice? {
        guard controller.type == .devicemodel, let id = number(of: controller) else { return nil }
        return qemuDevice(controller, id: id)
    }

    private static func qemuDevice(_ controller: USBController, id: UInt32) -> QEMUDevice? {
        let id = qemuID(id)
        switch controller.version {
        case 1: return QEMUDevice("piix3-usb-uhci", id: id)
        case 2: return QEMUDevice("usb-ehci", id: id)
        case 3:
            let ports = Int64(controller.ports)
            return QEMUDevice("nec-usb-xhci", id: id, ["p2": .number(ports), "p3": .number(ports)])
        default: return nil
        }
    }
}
