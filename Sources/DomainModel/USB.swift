import XenTypes

/// `libxl_usbctrl_type`.
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

/// `libxl_usbdev_type`.
public enum USBDeviceType: Int32, LibxlEnumeration {
    case hostdev = 1

    public static let names: KeyValuePairs<USBDeviceType, String> = [
        .hostdev: "hostdev"
    ]
}

/// `libxl_device_usbctrl`.
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

/// `libxl_device_usbdev`.
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

/// USBHostDevice.
public struct USBHostDevice: LibxlStructure {
    public var hostBus: UInt8 = 0
    public var hostAddress: UInt8 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case hostBus = "hostbus"
        case hostAddress = "hostaddr"
    }
}
