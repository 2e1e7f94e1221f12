import DomainModel
import SystemPackage
import XenTypes

/// A device of the configuration that some domain provides.
public protocol BackedDevice: Sendable {
    /// The domain that serves it.
    var backendDomainID: DomainID { get set }
    /// Name or number of the backend's domain; takes precedence over the number when set.
    var backendDomainName: String? { get set }
}

/// A device that is known by a number that is chosen when the configuration gives none.
public protocol NumberedDevice: BackedDevice {
    /// The device's number; nil for the next free one.
    var deviceID: Int32? { get set }
}

/// One class of devices: all that the engine needs to know of it. A new class is a type that conforms
/// to this, in a file of its own, and a row in `DeviceClasses`.
public protocol DeviceClass: Sendable {
    /// What a configuration says of one device.
    associatedtype Device: BackedDevice

    /// The kind of the frontend and of the record.
    static var kind: DeviceKind { get }
    /// For messages: "disk".
    static var noun: String { get }
    /// Where the devices stand in the configuration.
    static var devices: WritableKeyPath<DomainConfiguration, [Device]> & Sendable { get }
    /// Whether a guest gets the devices only when QEMU runs in its stub domain, which has some of its own.
    static var followsStubDomain: Bool { get }
    /// Whether devices come and go while a domain runs, and are stored with their numbers: of a running domain, only
    /// those that are there count.
    static var isReconciled: Bool { get }

    /// Gives each device without a number the next one that is free.
    ///
    /// - Parameter taken: numbers of devices that are not in the list.
    static func assignNumbers(_ devices: inout [Device], taken: Set<UInt32>)
    /// Applies the defaults, and refuses what cannot work. The backend's domain is already resolved.
    static func complete(_ device: inout Device, _ context: DeviceContext) throws(ToolstackError)
    /// Copies into the stored device what was chosen for it and must stay the same at the next start.
    static func remember(_ completed: Device, in stored: inout Device)
    /// The number by which a domain knows the device; nil while it has none.
    static func number(of device: Device) -> UInt32?
    /// The store nodes of a completed device.
    ///
    /// - Parameter index: the device's place in its list, for classes that are numbered by it.
    static func plan(_ device: Device, index: Int, _ context: DeviceContext) throws(ToolstackError) -> DevicePlan
    /// Whether only QEMU in this domain can serve the device.
    static func needsDeviceModel(_ device: Device) -> Bool
}

extension DeviceClass {
    public static var followsStubDomain: Bool { false }
    public static var isReconciled: Bool { false }
    public static func assignNumbers(_ devices: inout [Device], taken: Set<UInt32>) {}
    public static func complete(_ device: inout Device, _ context: DeviceContext) throws(ToolstackError) {}
    public static func remember(_ completed: Device, in stored: inout Device) {}
    public static func needsDeviceModel(_ device: Device) -> Bool { false }

    /// Whether two descriptions mean the same device of a domain.
    static func isSame(_ one: Device, _ other: Device) -> Bool {
        number(of: one).map { $0 == number(of: other) } ?? false
    }
}

extension DeviceClass where Device: NumberedDevice {
    public static func assignNumbers(_ devices: inout [Device], taken: Set<UInt32>) {
        var last = max(
            taken.max().map(Int64.init) ?? -1, devices.compactMap { $0.deviceID }.max().map(Int64.init) ?? -1)
        for index in devices.indices where devices[index].deviceID == nil {
            last += 1
            devices[index].deviceID = Int32(exactly: last)
        }
    }

    public static func remember(_ completed: Device, in stored: inout Device) { stored.deviceID = completed.deviceID }
    public static func number(of device: Device) -> UInt32? { device.deviceID.flatMap { UInt32(exactly: $0) } }

    /// The address of a device with the same kind on both ends.
    static func address(
        of device: Device, _ context: DeviceContext, backendKind: DeviceKind? = nil
    ) throws(ToolstackError) -> DeviceAddress {
        guard let id = number(of: device) else {
            throw ToolstackError(.invalid, "cannot attach a \(noun): it has no device number", domain: context.subject)
        }
        return DeviceAddress(
            domain: context.domain, kind: kind, id: id, backendDomain: device.backendDomainID, backendKind: backendKind)
    }
}

/// What completing and planning devices needs to know of the domain and the host.
public struct DeviceContext: Sendable {
    /// The domain that gets the devices.
    public var domain: DomainID
    /// Its type.
    public var type: DomainType
    /// Where hotplug scripts are that are named without a directory.
    public var scripts: FilePath
    /// The name of a PV guest's ABI (`xc_domain_get_native_protocol`), for old block frontends; nil for other guests.
    public var nativeProtocol: String?
    /// The hypervisor's.
    public var release: XenRelease
    /// Whether the domain already runs.
    public var isHotAttach = false
    /// Whether the kernel of this domain has a backend for paravirtual USB controllers.
    public var hasUSBBack = false
    /// The ring of the first console.
    public var console = DomainBuild.Ring()
    /// Chooses a hardware address for an interface that a domain serves; nil when it finds none that is free.
    public var drawAddress: @Sendable (DomainID) -> MACAddress? = { _ in .randomXen() }
    /// Looks at a file of the host.
    public var inspect: @Sendable (String) -> HostFile

    public init(
        domain: DomainID, type: DomainType, scripts: FilePath, release: XenRelease, nativeProtocol: String? = nil,
        inspect: @escaping @Sendable (String) -> HostFile = HostFile.inspect
    ) {
        self.domain = domain
        self.type = type
        self.scripts = scripts
        self.release = release
        self.nativeProtocol = nativeProtocol
        self.inspect = inspect
    }

    /// The domain for error messages: nil while it does not exist.
    var subject: DomainID? { domain.isReal ? domain : nil }

    /// A script's full path.
    func script(_ name: String) -> String {
        name.hasPrefix("/") ? name : scripts.appending(name).string
    }

    /// Refuses a script that cannot be run.
    func check(script path: String, of what: String) throws(ToolstackError) {
        switch inspect(path) {
        case .regular(let access) where access.contains(.execute): return
        case .regular:
            throw ToolstackError(
                .invalid, "cannot attach \(what): the script \(path) is not executable", domain: subject,
                remedy: "chmod +x \(path)")
        case .missing(let reason):
            throw ToolstackError(
                .invalid, "cannot attach \(what): the script \(path) cannot be used", domain: subject, cause: reason,
                remedy: "install it, or name another with script=")
        case .block, .directory, .other:
            throw ToolstackError(
                .invalid, "cannot attach \(what): the script \(path) is no regular file", domain: subject)
        }
    }
}

/// Every class of devices, in the order in which upstream attaches them.
public enum DeviceClasses {
    /// In the order in which devices are attached.
    public static let all: [any DeviceClass.Type] = [
        DiskClass.self, ChannelClass.self, P9Class.self, PVCallsClass.self, VFBClass.self, VKBClass.self,
        NICClass.self, VTPMClass.self, USBControllerClass.self, VDisplClass.self, VSndClass.self,
    ]
}
