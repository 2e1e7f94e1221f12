import DomainModel

/// USB: QEMU's oldest controller with emulated devices, or a controller of a chosen version with redirected ones.
enum QEMUUSB {
    /// How many devices a SPICE client may redirect.
    private static let redirections: ClosedRange<Int32> = 0...4

    static func arguments(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let hvm = setup.hvm else { return [] }
        guard hvm.usbDevice == nil || hvm.usbDeviceList.isEmpty else {
            throw setup.refusal("usbdevice and a list of them are both set", remedy: "keep one of them")
        }
        let devices = hvm.usbDevice.map { [$0] } ?? hvm.usbDeviceList
        if hvm.usb == true || !devices.isEmpty { return ["-usb"] + devices.flatMap { ["-usbdevice", $0] } }
        guard hvm.usbVersion != 0 else { return [] }
        guard let controllers = controllers[hvm.usbVersion] else {
            throw setup.refusal("usbversion=\(hvm.usbVersion) is out of range", remedy: "use 1, 2 or 3")
        }
        let count = hvm.spice.usbRedirection
        guard redirections.contains(count) else {
            throw setup.refusal("spiceusbredirection=\(count) is out of range", remedy: "use 1 to 4")
        }
        return controllers.flatMap { ["-device", $0] }
            + (0..<count).flatMap { index -> [String] in
                let id = "usbrc\(index + 1)"
                return [
                    "-chardev", "spicevmc,name=usbredir,id=\(id)", "-device", "usb-redir,chardev=\(id),id=\(id)",
                ]
            }
    }

    /// The controllers of `usbctrl` that QEMU emulates, and the host's devices at them.
    static func passedThrough(_ setup: QEMUSetup) -> [String] {
        let controllers = setup.configuration.usbControllers.filter { $0.type == .devicemodel }
        let numbers = Set(controllers.compactMap(\.deviceID))
        let devices = setup.configuration.usbDevices.filter { $0.controllerID.map(numbers.contains) ?? false }
        return (controllers.compactMap(USBControllerClass.qemuDevice) + devices.compactMap(USBPassthrough.qemuDevice))
            .flatMap { ["-device", $0.option] }
    }

    /// By version. A controller of USB 2 leaves slow devices to companions.
    private static let controllers: [Int32: [String]] = [
        1: ["piix3-usb-uhci,id=usb"],
        2: [
            "ich9-usb-ehci1,id=usb,addr=0x1d.0x7,multifunction=on",
            "ich9-usb-uhci1,masterbus=usb.0,firstport=0,addr=0x1d.0,multifunction=on",
            "ich9-usb-uhci2,masterbus=usb.0,firstport=2,addr=0x1d.0x1,multifunction=on",
            "ich9-usb-uhci3,masterbus=usb.0,firstport=4,addr=0x1d.0x2,multifunction=on",
        ],
        3: ["nec-usb-xhci,id=usb"],
    ]
}
