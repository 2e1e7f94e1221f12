import DomainModel
import XenTypes

/// One run of a hotplug script: what connects a backend to the host's storage or network, or takes it off again.
package struct HotplugScript: Sendable, Hashable {
    package enum Action: Sendable, Hashable {
        case connect
        case disconnect
    }

    /// Which of a device's two interfaces to the host it is about.
    package enum Part: Sendable, Hashable {
        case backend
        /// The tap device of an emulated network card, which QEMU makes.
        case emulation
    }

    package let device: DeviceAddress
    package let action: Action
    package let part: Part
    /// Full path of the program.
    package let path: String
    package let arguments: [String]
    /// Added to the environment of the toolstack.
    package let environment: [String: String]

    /// The script of a device, or nil when its kind has none, or the device not that part.
    ///
    /// - Parameter value: a node of the backend by its key, as the toolstack wrote it.
    /// - Throws: `notFound` when the device has no script on record, or what `value` throws.
    package init?(
        _ action: Action, _ device: DeviceAddress, part: Part = .backend,
        value: (String) throws(ToolstackError) -> String?
    ) throws(ToolstackError) {
        guard device.backendKind.hasScript else { return nil }
        let isEmulated = device.backendKind == .vif ? try value("type") == NICType.vifIoemu.name : false
        guard part == .backend || isEmulated else { return nil }
        guard let path = try value("script"), !path.isEmpty else {
            throw ToolstackError(.notFound, "cannot find the hotplug script of \(device)", domain: device.domain)
        }
        var environment = [
            "script": path, "XENBUS_TYPE": device.backendKind.rawValue, "XENBUS_PATH": device.relativeBackend,
            "XENBUS_BASE_PATH": "backend",
        ]
        if device.backendKind == .vif {
            environment["netdev"] = try value("gatewaydev") ?? ""
            environment["vif"] = "vif\(device.domain).\(device.id)"
            // An emulated card's script gets the names of both its interfaces.
            if isEmulated {
                environment["INTERFACE"] = QEMUNetwork.tapName(domain: device.domain, card: device.id)
            }
        }
        arguments =
            switch (device.backendKind == .vif, part) {
            case (true, .backend): [action == .connect ? "online" : "offline", "type_if=vif"]
            case (true, .emulation): [action == .connect ? "add" : "remove", "type_if=tap"]
            case (false, _): [action == .connect ? "add" : "remove"]
            }
        self.device = device
        self.action = action
        self.part = part
        self.path = path
        self.environment = environment
    }
}

/// What carries out hotplug: scripts, or, for those that are known, something faster.
package protocol HotplugRunner: Sendable {
    /// Connects or disconnects the device; returns when it is done.
    ///
    /// - Throws: `timedOut`, `aborted` when the task is cancelled, or `fail`; nothing of it runs any more then.
    func run(_ script: HotplugScript) async throws(ToolstackError)
}
