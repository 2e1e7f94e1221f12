import DomainModel
import XenTypes

extension NICDevice: NumberedDevice {}

/// Network interfaces over the kernel's backend and a script that connects it to the host's network.
public enum NICClass: DeviceClass {
    public static let kind = DeviceKind.vif
    public static let noun = "network interface"
    public static let devices: WritableKeyPath<DomainConfiguration, [NICDevice]> & Sendable = \.nics
    public static let followsStubDomain = true
    public static let isReconciled = true

    /// `LIBXL_DEVICE_NIC_MTU_DEFAULT`.
    private static let defaultMTU: Int32 = 1500

    public static func remember(_ completed: NICDevice, in stored: inout NICDevice) {
        stored.deviceID = completed.deviceID
        stored.nicType = completed.nicType
        stored.mac = completed.mac
    }

    public static func complete(_ nic: inout NICDevice, _ context: DeviceContext) throws(ToolstackError) {
        if nic.mtu == 0 { nic.mtu = defaultMTU }
        if nic.model == nil { nic.model = "rtl8139" }
        if nic.mac == nil { nic.mac = context.drawAddress(nic.backendDomainID) }
        if nic.bridge == nil { nic.bridge = "xenbr0" }
        nic.script = context.script(nic.script ?? "vif-bridge")
        nic.trusted = nic.trusted ?? true
        switch context.type {
        case .hvm:
            if nic.nicType == .unknown { nic.nicType = context.isHotAttach ? .vif : .vifIoemu }
        default:
            guard nic.nicType != .vifIoemu else {
                throw ToolstackError(
                    .invalid, "cannot attach \(name(nic)): a \(context.type) guest has no emulated interfaces",
                    domain: context.subject, remedy: "remove type=ioemu")
            }
            nic.nicType = .vif
        }
        if nic.backendDomainID == .control, let script = nic.script {
            try context.check(script: script, of: name(nic))
        }
    }

    private static func name(_ nic: NICDevice) -> String {
        nic.deviceID.map { "\(noun) \($0)" } ?? noun
    }

    public static func plan(
        _ nic: NICDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        let address = try address(of: nic, context)
        guard let mac = nic.mac?.description else {
            throw ToolstackError(.invalid, "cannot attach \(name(nic)): it has no MAC address", domain: context.subject)
        }
        var backend: [DevicePlan.Entry] = []
        func add(_ key: String, _ value: String?) {
            if let value { backend.append(.init(key, value)) }
        }
        add("script", nic.script)
        add("vifname", nic.interfaceName)
        add("forwarddev", nic.coloftForwarddev)
        for (key, path) in coloKeys { add("colo_\(key)", nic[keyPath: path]) }
        add("mac", mac)
        add("ip", nic.ip)
        add("gatewaydev", nic.gatewayDevice)
        if nic.rateIntervalMicroseconds > 0 {
            add("rate", "\(nic.rateBytesPerInterval),\(nic.rateIntervalMicroseconds)")
        }
        if nic.mtu != defaultMTU { add("mtu", "\(nic.mtu)") }
        // For scripts of the user's: none of upstream's reads it.
        add("vlan", nic.vlan)
        add("bridge", nic.bridge)
        add("handle", "\(address.id)")
        add("type", nic.nicType.name)
        // The kernel's backend connects only when the script has set this to "connected".
        add("hotplug-status", "")
        return DevicePlan(
            address, backend: backend,
            frontend: [
                .init("handle", "\(address.id)"), .init("mac", mac),
                .init("trusted", nic.trusted == false ? "0" : "1"),
            ],
            readOnlyFrontend: [.init("mtu", "\(nic.mtu)")])
    }

    /// Whether a script of this host puts the interface on a bridge, where nothing comes to it before its guest sends.
    /// Other scripts may change at once where the network sends the guest's packets.
    static func isBridged(_ plan: DevicePlan, _ context: DeviceContext) -> Bool {
        plan.address.backendDomain == .control
            && ["vif-bridge", "vif-openvswitch"].contains { plan.backendValue("script") == context.script($0) }
    }
}
