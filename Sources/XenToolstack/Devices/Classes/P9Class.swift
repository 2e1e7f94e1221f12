import DomainModel

extension P9Device: NumberedDevice {}

/// Directories of the host, shared over 9pfs by QEMU.
public enum P9Class: DeviceClass {
    public static let kind = DeviceKind.p9
    public static let noun = "9pfs share"
    public static let devices: WritableKeyPath<DomainConfiguration, [P9Device]> & Sendable = \.p9s

    public static func needsDeviceModel(_ device: P9Device) -> Bool { true }
    /// Upstream does not store the number that it chooses.
    public static func remember(_ completed: P9Device, in stored: inout P9Device) {}

    public static func complete(_ share: inout P9Device, _ context: DeviceContext) throws(ToolstackError) {
        guard share.type != .xen9pfsd else {
            throw ToolstackError(
                .notSupported, "cannot attach \(noun) \(share.tag ?? ""): type=xen_9pfsd needs Xen 4.19",
                domain: context.subject, remedy: "use type=qemu")
        }
    }

    public static func plan(
        _ share: P9Device, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        DevicePlan(
            try address(of: share, context),
            backend: [.init("path", share.path ?? ""), .init("security_model", share.securityModel ?? "")],
            frontend: [.init("tag", share.tag ?? "")], handshake: .none)
    }
}
