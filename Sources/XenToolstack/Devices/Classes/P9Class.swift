import DomainModel
import XenTypes

extension P9Device: NumberedDevice {}

/// Directories of the host, shared over 9pfs by QEMU or, where the release has it, by `xen-9pfsd`.
public enum P9Class: DeviceClass {
    public static let kind = DeviceKind.p9
    public static let noun = "9pfs share"
    public static let devices: WritableKeyPath<DomainConfiguration, [P9Device]> & Sendable = \.p9s

    public static func needsDeviceModel(_ device: P9Device) -> Bool {
        device.type != .xen9pfsd && device.backendDomainID == .control
    }
    /// Upstream does not store the number that it chooses.
    public static func remember(_ completed: P9Device, in stored: inout P9Device) {}

    public static func complete(_ share: inout P9Device, _ context: DeviceContext) throws(ToolstackError) {
        guard share.type == .xen9pfsd else {
            let hasLimits = share.maxSpace != 0 || share.maxFiles != 0 || share.maxOpenFiles != 0 || share.autoDelete
            guard !hasLimits else {
                throw ToolstackError(
                    .invalid, "cannot attach \(noun) \(share.tag ?? ""): QEMU's shares have no limits",
                    domain: context.subject, remedy: "use type=xen_9pfsd")
            }
            return
        }
        guard context.release.has9PDaemon else {
            throw ToolstackError(
                .notSupported,
                "cannot attach \(noun) \(share.tag ?? ""): type=xen_9pfsd needs Xen "
                    + "\(XenRelease.first(with: \.has9PDaemon)), and this host runs Xen \(context.release)",
                domain: context.subject, remedy: "use type=qemu")
        }
        guard share.path != nil, share.securityModel != nil else {
            throw ToolstackError(
                .invalid, "cannot attach \(noun) \(share.tag ?? ""): it has no path or no security model",
                domain: context.subject)
        }
        share.tag = share.tag ?? "Xen"
    }

    public static func plan(
        _ share: P9Device, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        var backend: [DevicePlan.Entry] = [
            .init("path", share.path ?? ""), .init("security_model", share.securityModel ?? ""),
        ]
        let isDaemons = share.type == .xen9pfsd
        if isDaemons {
            backend += [
                .init("max-space", "\(share.maxSpace)"), .init("max-files", "\(share.maxFiles)"),
                .init("max-open-files", "\(share.maxOpenFiles)"), .init("auto-delete", share.autoDelete ? "1" : "0"),
            ]
        }
        return DevicePlan(
            try address(of: share, context, backendKind: isDaemons ? .xen9P : .p9), backend: backend,
            frontend: [.init("tag", share.tag ?? "")], handshake: isDaemons ? .backend : .none)
    }
}
