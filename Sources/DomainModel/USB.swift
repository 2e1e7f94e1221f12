import XenTypes

/// What serves a USB controller (`libxl_usbctrl_type`).
public enum USBControllerType: Int32, DefaultedEnumeration {
    case auto = 0
    case pv = 1
    case devicemodel = 2
    case qusb = 3

    public static let names: KeyValuePairs<USBControllerType, String> = [
        .auto: "auto", .pv: "pv", .devicemodel: "devicemodel", .qusb: "qusb",
    ]
    public static let defaultValue = USBControllerType.auto
}

/// Where a USB device comes from (`libxl_usbdev_type`).
public enum USBDeviceType: Int32, LibxlEnumeration {
    case hostdev = 1

    public static let names: KeyValuePairs<USBDeviceType, String> = [
        .hostdev: "hostdev"
    ]
}

/// A USB controller (`libxl_device_usbctrl`): version 1 to 3, and the number of its ports.
public struct USBController: LibxlStructure {
    public var type: USBControllerType = .auto
    public var deviceID: Int32?
    public var version: Int32 = 0
    public var ports: Int32 = 0
    public var backendDomainID: DomainID = .control
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
    public var controllerID: Int32?
    public var port: Int32 = 0
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
    public var hostBus: UInt8 = 0
    public var hostAddress: UInt8 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case hostBus = "hostbus"
        case hostAddress = "hostaddr"
    }
}
