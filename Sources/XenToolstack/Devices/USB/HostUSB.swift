import Glibc
import SystemPackage

/// A device on the host's USB, as sysfs shows it.
package struct HostUSBDevice: Sendable, Hashable {
    /// As the kernel calls it, after the bus and the ports on the way to it: "3-1.2". It stays while the device is
    /// plugged in there; so does another device's that is plugged in there later.
    package var name: String
    /// Bus and address, as `lsusb` shows them. Each time it is plugged in, a device gets another address.
    package var bus: UInt8
    package var address: UInt8
    /// `bDeviceClass`; 0 where the interfaces say what they are.
    package var deviceClass: UInt8

    /// Class 9 of USB's list.
    package var isHub: Bool { deviceClass == 9 }
}

/// A part of a USB device that has a driver of its own.
struct HostUSBInterface: Sendable, Hashable {
    /// As the kernel calls it: "3-1.2:1.0".
    var name: String
    /// The directory of the driver that has it, without links; nil when none has.
    var driver: FilePath?
}

/// What sysfs shows of USB.
struct HostUSB: Sendable {
    /// Usually /sys.
    let root: FilePath

    private var folder: FilePath { root.appending("bus/usb") }
    var devices: FilePath { folder.appending("devices") }
    var drivers: FilePath { folder.appending("drivers") }
    /// The kernel's backend for paravirtual controllers (`SYSFS_USBBACK_DRIVER`), which Linux has from some vendors only.
    var usbback: FilePath { drivers.appending("usbback") }
    var hasUSBBack: Bool { Files.exists(usbback) }
    /// Has the kernel look for a driver for what has none.
    var probing: FilePath { folder.appending("drivers_probe") }

    /// What a node of xenstore says may be anything: only what the kernel could call a device becomes part of a path.
    static func isName(_ name: String) -> Bool {
        let allowed = Array("0123456789.-:".utf8)
        return !name.isEmpty && name.utf8.count < 64 && name.utf8.first != UInt8(ascii: ".")
            && name.utf8.allSatisfy { allowed.contains($0) } && name.contains("-")
    }

    /// - Returns: nil when there is no such device.
    func device(named name: String) -> HostUSBDevice? { Self.isName(name) ? device(in: name) : nil }

    /// The device at an address, also one that is no guest's to have, such as a controller's own hub.
    func device(bus: UInt8, address: UInt8) -> HostUSBDevice? {
        Files.names(in: devices).lazy.filter { !$0.contains(":") }.compactMap { device(in: $0) }
            .first { ($0.bus, $0.address) == (bus, address) }
    }

    private func device(in name: String) -> HostUSBDevice? {
        func number(_ file: String, radix: Int = 10) -> UInt8? {
            let text = Files.text(devices.appending(name).appending(file), limit: 1 << 16)
            return text.flatMap { UInt8($0.prefix { $0 != "\n" }, radix: radix) }
        }
        guard let bus = number("busnum"), let address = number("devnum") else { return nil }
        return HostUSBDevice(
            name: name, bus: bus, address: address, deviceClass: number("bDeviceClass", radix: 16) ?? 0)
    }

    /// A device's interfaces, in order; none when it is not plugged in.
    ///
    /// - Throws: when sysfs does not tell: nobody may take a device for gone then.
    func interfaces(of name: String) throws(ToolstackError) -> [HostUSBInterface] {
        guard Self.isName(name), Files.exists(devices.appending(name)) else { return [] }
        let names = Files.names(in: devices)
        guard names.contains(name) else {
            throw ToolstackError(.fail, "cannot list the interfaces of USB device \(name)")
        }
        var interfaces: [HostUSBInterface] = []
        for interface in names.filter({ $0.hasPrefix(name + ":") && Self.isName($0) }).sorted() {
            let driver = Files.realPath(devices.appending(interface).appending("driver"))
            let code = errno
            guard driver != nil || code == ENOENT else {
                throw ToolstackError(
                    .fail, "cannot find out which driver \(interface) has", cause: "\(Errno(rawValue: code))")
            }
            interfaces.append(HostUSBInterface(name: interface, driver: driver))
        }
        return interfaces
    }
}

extension Toolstack {
    var usb: HostUSB { HostUSB(root: paths.sysfs) }
}
