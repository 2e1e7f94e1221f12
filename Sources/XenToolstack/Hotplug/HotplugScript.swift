import XenTypes

/// One run of a hotplug script: what connects a backend to the host's storage or network, or takes it off again.
public struct HotplugScript: Sendable, Hashable {
    public enum Action: Sendable, Hashable {
        case connect
        case disconnect
    }

    public let device: DeviceAddress
    public let action: Action
    /// Full path of the program.
    public let path: String
    public let arguments: [String]
    /// Added to the environment of the toolstack.
    public let environment: [String: String]

    /// The script of a device, or nil when its kind has none.
    ///
    /// - Parameter value: a node of the backend by its key, as the toolstack wrote it.
    /// - Throws: `fail` when the device has no script on record.
    public init?(
        _ action: Action, _ device: DeviceAddress, value: (String) throws(ToolstackError) -> String?
    ) throws(ToolstackError) {
        guard device.backendKind.hasScript else { return nil }
        guard let path = try value("script"), !path.isEmpty else {
            throw ToolstackError(.fail, "cannot find the hotplug script of \(device)", domain: device.domain)
        }
        var environment = [
            "script": path, "XENBUS_TYPE": device.backendKind.rawValue, "XENBUS_PATH": device.relativeBackend,
            "XENBUS_BASE_PATH": "backend",
        ]
        if device.backendKind == .vif {
            environment["netdev"] = try value("gatewaydev") ?? ""
            environment["vif"] = "vif\(device.domain).\(device.id)"
            // An emulated card's script gets the names of both its interfaces.
            if try value("type") == "vif_ioemu" {
                environment["INTERFACE"] = "vif\(device.domain).\(device.id)-emu"
            }
            arguments = [action == .connect ? "online" : "offline", "type_if=vif"]
        } else {
            arguments = [action == .connect ? "add" : "remove"]
        }
        self.device = device
        self.action = action
        self.path = path
        self.environment = environment
    }

    /// For messages: "/etc/xen/scripts/block add".
    public var summary: String { ([path] + arguments).joined(separator: " ") }
}

/// What carries out hotplug: the seam behind which scripts could give way to something faster.
public protocol HotplugRunner: Sendable {
    /// Connects or disconnects the device; returns when it is done.
    ///
    /// - Throws: `timedOut`, `aborted` when the task is cancelled, or `fail`; nothing of it runs any more then.
    func run(_ script: HotplugScript) async throws(ToolstackError)
}
