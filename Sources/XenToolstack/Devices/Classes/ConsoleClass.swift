import DomainModel
import XenTypes

/// The console that every guest has, whose nodes are in `GUEST/console`: served by xenconsoled.
enum FirstConsole {
    /// How much of the console's output xenconsoled keeps, in bytes (`LIBXL_XENCONSOLE_LIMIT`).
    static let limit = "1048576"
    static let terminalProtocol = "vt100"

    static func plan(_ context: DeviceContext) -> DevicePlan {
        let address = DeviceAddress(
            domain: context.domain, kind: .console, id: 0, backendDomain: context.console.server)
        var plan = DevicePlan(
            address, backend: [.init("protocol", terminalProtocol)],
            readOnlyFrontend: [
                .init("limit", limit), .init("type", "xenconsoled"), .init("output", "pty"), .init("tty", ""),
                .init("port", "\(context.console.port)"), .init("ring-ref", "\(context.console.frame)"),
            ], handshake: .none)
        // This console does not go through the states of other devices.
        plan.frontend = [.init("backend-id", "\(address.backendDomain)")]
        return plan
    }
}

/// The consoles of a stub domain, all served by QEMU.
enum StubDomainConsoles {
    /// - Parameter outputs: where each goes, by its number; nil leads nowhere.
    static func plans(_ outputs: [String?], _ context: DeviceContext) -> [DevicePlan] {
        outputs.enumerated().map { index, output in
            let address = DeviceAddress(
                domain: context.domain, kind: .console, id: UInt32(clamping: index), backendDomain: .control)
            var entries: [DevicePlan.Entry] = [.init("limit", FirstConsole.limit), .init("type", "ioemu")]
            if let output { entries.append(.init("output", output)) }
            entries.append(.init("tty", ""))
            let isFirst = index == 0
            if isFirst {
                entries += [
                    .init("port", "\(context.console.port)"), .init("ring-ref", "\(context.console.frame)"),
                ]
            }
            var plan = DevicePlan(
                address, backend: [.init("protocol", FirstConsole.terminalProtocol)],
                frontend: [.init("protocol", FirstConsole.terminalProtocol)], readOnlyFrontend: entries,
                handshake: .none)
            if isFirst { plan.frontend = [.init("backend-id", "\(address.backendDomain)")] }
            return plan
        }
    }
}

extension ChannelDevice: NumberedDevice {}

/// Channels: consoles with a name, numbered from 1 and served by QEMU.
public enum ChannelClass: DeviceClass {
    public static let kind = DeviceKind.console
    public static let noun = "channel"
    public static let devices: WritableKeyPath<DomainConfiguration, [ChannelDevice]> & Sendable = \.channels

    public static func needsDeviceModel(_ device: ChannelDevice) -> Bool { device.backendDomainID == .control }

    /// The number in the store. Console 0 is the first console, and configurations number channels from 0.
    static func consoleNumber(index: Int) -> UInt32 { UInt32(clamping: index).addingReportingOverflow(1).partialValue }

    /// The name of the character device of QEMU's that the console is connected to.
    static func characterDevice(index: Int) -> String { "libxl-channel\(consoleNumber(index: index))" }

    public static func complete(_ channel: inout ChannelDevice, _ context: DeviceContext) throws(ToolstackError) {
        guard let name = channel.name, !name.isEmpty else {
            throw ToolstackError(
                .invalid, "cannot attach a channel: it has no name", domain: context.subject,
                remedy: "give name=")
        }
        switch channel.connection {
        case .unknown:
            throw ToolstackError(
                .invalid, "cannot attach channel \(name): it has no connection", domain: context.subject,
                remedy: "give connection=pty or connection=socket")
        case .socket(let path) where path?.isEmpty != false:
            throw ToolstackError(
                .invalid, "cannot attach channel \(name): it has no path for its socket", domain: context.subject,
                remedy: "give path=")
        case .pty, .socket: return
        }
    }

    public static func plan(
        _ channel: ChannelDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        let address = DeviceAddress(
            domain: context.domain, kind: kind, id: consoleNumber(index: index),
            backendDomain: channel.backendDomainID)
        let name = channel.name ?? ""
        var backend: [DevicePlan.Entry] = [.init("protocol", FirstConsole.terminalProtocol), .init("name", name)]
        var output = "pty"
        if case .socket(let path) = channel.connection {
            backend += [.init("connection", "socket"), .init("path", path ?? "")]
            output = "chardev:\(characterDevice(index: index))"
        } else {
            backend.append(.init("connection", "pty"))
        }
        return DevicePlan(
            address, backend: backend, frontend: [.init("protocol", FirstConsole.terminalProtocol)],
            readOnlyFrontend: [
                .init("name", name), .init("limit", FirstConsole.limit), .init("type", "ioemu"),
                .init("output", output), .init("tty", ""),
            ], handshake: .none)
    }
}
