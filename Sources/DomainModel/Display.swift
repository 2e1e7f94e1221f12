import XenTypes

/// The emulated graphics card (`libxl_vga_interface_type`).
public enum VGAInterfaceType: Int32, DefaultedEnumeration {
    case unknown = 0
    case cirrus = 1
    case std = 2
    case none = 3
    case qxl = 4

    public static let names: KeyValuePairs<VGAInterfaceType, String> = [
        .unknown: "unknown", .cirrus: "cirrus", .std: "std", .none: "none", .qxl: "qxl",
    ]
    public static let defaultValue = VGAInterfaceType.unknown
}

/// The emulated graphics card (`libxl_vga_interface_info`).
public struct VGAInfo: LibxlStructure {
    public var kind: VGAInterfaceType = .unknown

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case kind
    }
}

/// A display over VNC (`libxl_vnc_info`): an address with or without a port to listen at, and the display's number.
public struct VNCInfo: LibxlStructure {
    public var enable: Bool?
    public var listen: String?
    public var password: String?
    public var display: Int32 = 0
    public var findUnused: Bool?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case enable
        case listen
        case password = "passwd"
        case display
        case findUnused = "findunused"
    }
}

/// A display in a window of the host (`libxl_sdl_info`).
public struct SDLInfo: LibxlStructure {
    public var enable: Bool?
    public var opengl: Bool?
    public var display: String?
    public var xauthority: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case enable
        case opengl
        case display
        case xauthority
    }
}

/// A display over SPICE (`libxl_spice_info`).
public struct SpiceInfo: LibxlStructure {
    public var enable: Bool?
    public var port: Int32 = 0
    public var tlsPort: Int32 = 0
    public var host: String?
    public var disableTicketing: Bool?
    public var password: String?
    public var agentMouse: Bool?
    public var vdAgent: Bool?
    public var clipboardSharing: Bool?
    public var usbRedirection: Int32 = 0
    public var imageCompression: String?
    public var streamingVideo: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case enable
        case port
        case tlsPort = "tls_port"
        case host
        case disableTicketing = "disable_ticketing"
        case password = "passwd"
        case agentMouse = "agent_mouse"
        case vdAgent = "vdagent"
        case clipboardSharing = "clipboard_sharing"
        case usbRedirection = "usbredirection"
        case imageCompression = "image_compression"
        case streamingVideo = "streaming_video"
    }
}

/// A paravirtual framebuffer (`libxl_device_vfb`).
public struct VFBDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var deviceID: Int32?
    public var vnc: VNCInfo = VNCInfo()
    public var sdl: SDLInfo = SDLInfo()
    public var keymap: String?

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case vnc
        case sdl
        case keymap
    }
}

/// What serves a paravirtual keyboard (`libxl_vkb_backend`).
public enum VKBBackend: Int32, DefaultedEnumeration {
    case unknown = 0
    case qemu = 1
    case linux = 2

    public static let names: KeyValuePairs<VKBBackend, String> = [
        .unknown: "unknown", .qemu: "qemu", .linux: "linux",
    ]
    public static let defaultValue = VKBBackend.unknown
}

/// A paravirtual keyboard and pointer (`libxl_device_vkb`).
public struct VKBDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var deviceID: Int32?
    public var backendType: VKBBackend = .unknown
    public var uniqueID: String?
    public var featureDisableKeyboard: Bool = false
    public var featureDisablePointer: Bool = false
    public var featureAbsPointer: Bool = false
    public var featureRawPointer: Bool = false
    public var featureMultiTouch: Bool = false
    public var width: UInt32 = 0
    public var height: UInt32 = 0
    public var multiTouchWidth: UInt32 = 0
    public var multiTouchHeight: UInt32 = 0
    public var multiTouchNumContacts: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case backendType = "backend_type"
        case uniqueID = "unique_id"
        case featureDisableKeyboard = "feature_disable_keyboard"
        case featureDisablePointer = "feature_disable_pointer"
        case featureAbsPointer = "feature_abs_pointer"
        case featureRawPointer = "feature_raw_pointer"
        case featureMultiTouch = "feature_multi_touch"
        case width
        case height
        case multiTouchWidth = "multi_touch_width"
        case multiTouchHeight = "multi_touch_height"
        case multiTouchNumContacts = "multi_touch_num_contacts"
    }
}

/// A screen of a paravirtual display, in pixels (`libxl_connector_param`).
public struct DisplayConnector: LibxlStructure {
    public var uniqueID: String?
    public var width: UInt32 = 0
    public var height: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case uniqueID = "unique_id"
        case width
        case height
    }
}

/// A paravirtual display (`libxl_device_vdispl`).
public struct VDisplDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var deviceID: Int32?
    public var backendAllocates: Bool = false
    public var connectors: [DisplayConnector] = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case backendAllocates = "be_alloc"
        case connectors
    }
}
