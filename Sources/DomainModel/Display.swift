import XenTypes

/// The emulated graphics card (`libxl_vga_interface_type`).
public enum VGAInterfaceType: Int32, DefaultedEnumeration {
    /// Not said: ``cirrus``.
    case unknown = 0
    /// A Cirrus Logic card.
    case cirrus = 1
    /// A standard VGA card.
    case std = 2
    /// No card.
    case none = 3
    /// A card for SPICE.
    case qxl = 4

    public static let names: KeyValuePairs<VGAInterfaceType, String> = [
        .unknown: "unknown", .cirrus: "cirrus", .std: "std", .none: "none", .qxl: "qxl",
    ]
    public static let defaultValue = VGAInterfaceType.unknown
}

/// The emulated graphics card (`libxl_vga_interface_info`).
public struct VGAInfo: LibxlStructure {
    /// Which card it is.
    public var kind: VGAInterfaceType = .unknown

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case kind
    }
}

/// A display over VNC (`libxl_vnc_info`): an address with or without a port to listen at, and the display's number.
public struct VNCInfo: LibxlStructure {
    /// Show the guest's display over VNC; nil is yes for HVM guests.
    public var enable: Bool?
    /// Address of the server, which may end in a colon and the display; nil for 127.0.0.1.
    public var listen: String?
    /// Password for clients; nil for none.
    public var password: String?
    /// The display; its port is 5900 higher.
    public var display: Int32 = 0
    /// Take the next free display if this one is used; nil is yes.
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
    /// Show the guest's display in a window; nil is no.
    public var enable: Bool?
    /// Use OpenGL in that window; without effect on HVM guests.
    public var opengl: Bool?
    /// X display for that window.
    public var display: String?
    /// X authority file for that window.
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
    /// Show the guest's display over SPICE; nil is no.
    public var enable: Bool?
    /// Port of the server; 0 for none.
    public var port: Int32 = 0
    /// Encrypted port of the server; 0 for none.
    public var tlsPort: Int32 = 0
    /// Address of the server; nil for any.
    public var host: String?
    /// Let clients connect without password; nil is no.
    public var disableTicketing: Bool?
    /// Password for clients.
    public var password: String?
    /// Send mouse events through the guest's agent; nil is yes.
    public var agentMouse: Bool?
    /// A channel for the guest's SPICE agent; nil is no.
    public var vdAgent: Bool?
    /// Share the clipboard with clients; nil is no.
    public var clipboardSharing: Bool?
    /// Channels for clients' USB devices, 0 to 4.
    public var usbRedirection: Int32 = 0
    /// Compression of images, as QEMU names it; nil for what QEMU does by itself.
    public var imageCompression: String?
    /// Detection of video, as QEMU names it; nil for what QEMU does by itself.
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
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// The display over VNC.
    public var vnc: VNCInfo = VNCInfo()
    /// The display in a window.
    public var sdl: SDLInfo = SDLInfo()
    /// Keyboard layout, as QEMU names it.
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
    /// Not said.
    case unknown = 0
    /// QEMU.
    case qemu = 1
    /// A program of its own that passes on the machine's input devices.
    case linux = 2

    public static let names: KeyValuePairs<VKBBackend, String> = [
        .unknown: "unknown", .qemu: "qemu", .linux: "linux",
    ]
    public static let defaultValue = VKBBackend.unknown
}

/// A paravirtual keyboard and pointer (`libxl_device_vkb`).
public struct VKBDevice: LibxlStructure {
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// What in the backend serves them.
    public var backendType: VKBBackend = .unknown
    /// Name by which the backend knows them.
    public var uniqueID: String?
    /// No keyboard.
    public var featureDisableKeyboard: Bool = false
    /// No pointer.
    public var featureDisablePointer: Bool = false
    /// The pointer reports places, not movements.
    public var featureAbsPointer: Bool = false
    /// Such places are not scaled to the screen.
    public var featureRawPointer: Bool = false
    /// A surface for several fingers.
    public var featureMultiTouch: Bool = false
    /// Width of the area of places.
    public var width: UInt32 = 0
    /// Height of that area.
    public var height: UInt32 = 0
    /// Width of the surface for several fingers.
    public var multiTouchWidth: UInt32 = 0
    /// Height of that surface.
    public var multiTouchHeight: UInt32 = 0
    /// Fingers at once.
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
    /// What the backend knows the connector by.
    public var uniqueID: String?
    /// Width in pixels.
    public var width: UInt32 = 0
    /// Height in pixels.
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
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// The backend provides the memory of images.
    public var backendAllocates: Bool = false
    /// The display's connectors and their sizes.
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
