import DomainModel
import SystemPackage
import XenTypes

/// What leads into QEMU and out of it: monitors, channels, serial lines.
enum QEMUConnections {
    /// The toolstack's monitor and that of libxenstat, which xentop uses.
    static func monitors(_ setup: QEMUSetup) -> [String] {
        // A stub domain's own start script adds them.
        guard !setup.isStubdomain else { return [] }
        let place =
            setup.isRestricted
            ? "fd=\(DeviceModelPlan.monitorDescriptor)"
            : "path=\(DeviceModelPlan.monitorSocket(setup.domain, setup.paths))"
        // A restricted QEMU cannot tell the store that it runs; it says so on its monitor, and stands until told to go.
        return monitor("libxl-cmd", place, more: setup.isRestricted ? ["-S"] : [])
            + monitor(
                "libxenstat-cmd", "path=\(DeviceModelPlan.statisticsSocket(setup.domain, setup.paths))")
    }

    private static func monitor(_ id: String, _ place: String, more: [String] = []) -> [String] {
        ["-chardev", "socket,id=\(id),\(place),server=on,wait=off"] + more + ["-mon", "chardev=\(id),mode=control"]
    }

    static func channels(_ setup: QEMUSetup) -> [String] {
        setup.configuration.channels.enumerated().flatMap { index, channel in
            channel.backendDomainID == .control ? ["-chardev", characterDevice(channel, index: index)] : []
        }
    }

    private static func characterDevice(_ channel: ChannelDevice, index: Int) -> String {
        let id = ChannelClass.characterDevice(index: index)
        guard case .socket(let path) = channel.connection else { return "pty,id=\(id)" }
        return "socket,id=\(id),path=\((path ?? "").asOptionValue),server=on,wait=off"
    }

    /// The consoles of a stub domain that serial lines go to begin with this one (`STUBDOM_CONSOLE_SERIAL`).
    static let firstSerialConsole = 3

    static func serialLines(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let hvm = setup.hvm else { return [] }
        guard hvm.serial == nil || hvm.serialList.isEmpty else {
            throw setup.refusal("serial and serial_list are both set", remedy: "keep one of them")
        }
        let lines = hvm.serial.map { [$0] } ?? hvm.serialList
        return lines.enumerated().flatMap { index, line in
            ["-serial", setup.isStubdomain ? "/dev/hvc\(firstSerialConsole + index)" : line]
        }
    }
}
