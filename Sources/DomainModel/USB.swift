import XenTypes

/// What serves a USB controller (`libxl_usbctrl_type`).
public enum USBControllerType: Int32, DefaultedEnumeration {
    /// Not said: by the guest's type.
    case auto = 0
    /// The control domain's kernel, over Xen's protocol.
    case pv = 1
    /// QEMU, which emulates it.
    case devicemodel = 2
    /// QEMU, over Xen's protocol.
    case qusb = 3

    public static let names: KeyValuePairs<USBControllerType, String> = [
        .auto: "auto", .pv: "pv", .devicemodel: "devicemodel", .qusb: "qusb",
    ]
    public static let defaultValue = USBControllerType.auto
}

/// Where a USB device comes from (`libxl_usbdev_type`).
public enum USBDeviceType: Int32, LibxlEnumeration {
    /// From the host.
    case hostdev = 1

    public static let names: KeyValuePairs<USBDeviceType, String> = [
        .hostdev: "hostdev"
    ]
}

/// A USB controller (`libxl_device_usbctrl`): version 1 to 3, and the number of its ports.
public struct USBController: LibxlStructure {
    /// What serves it.
    public var type: USBControllerType = .auto
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// Version of USB: 1, 2 or 3; 0 for 2.
    public var version: Int32 = 0
    /// Number of ports; 0 for as many as that kind of controller usually has.
    public var ports: Int32 = 0
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case type
        case deviceID = "devid"
        case version
        case ports
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
    }
}

/// A USB device (`libxl_device_usbdev`) at a port, from 1, of a controller.
public struct USBDevice: LibxlStructure {
    /// Number of the controller; nil for one with a free port.
    public var controllerID: Int32?
    /// Port of that controller, from 1; 0 for a free one.
    public var port: Int32 = 0
    /// The device of the host.
    public var hostDevice: USBHostDevice?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case controllerID = "ctrl"
        case port
        case hostDevice = "type.hostdev"
    }
}

/// A USB device of the host, by bus and address.
public struct USBHostDevice: LibxlStructure {
    /// The host's bus that the device is on.
    public var hostBus: UInt8 = 0
    /// The device's address on that bus.
    public var hostAddress: UInt8 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case hostBus = "hostbus"
        case hostAddress = "hostaddr"
    }
}
