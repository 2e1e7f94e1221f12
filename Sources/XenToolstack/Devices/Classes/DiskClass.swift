import DomainModel
import XenTypes

extension DiskDevice: BackedDevice {}

/// Virtual disks: block devices and files over the kernel's backend, image formats over QEMU's.
public enum DiskClass: DeviceClass {
    public static let kind = DeviceKind.vbd
    public static let noun = "disk"
    public static let devices: WritableKeyPath<DomainConfiguration, [DiskDevice]> & Sendable = \.disks
    public static let isReconciled = true

    public static func needsDeviceModel(_ device: DiskDevice) -> Bool {
        device.backend == .qdisk && device.backendDomainID == .control
    }

    public static func number(of disk: DiskDevice) -> UInt32? {
        disk.virtualDevice.flatMap { VirtualDevice($0) }.flatMap { UInt32(exactly: $0.number) }
    }

    public static func complete(_ disk: inout DiskDevice, _ context: DeviceContext) throws(ToolstackError) {
        if disk.discardEnable == nil { disk.discardEnable = disk.isWritable }
        disk.coloEnable = disk.coloEnable ?? false
        disk.coloRestoreEnable = disk.coloRestoreEnable ?? false
        disk.trusted = disk.trusted ?? true
        if disk.specification == .unknown { disk.specification = .xen }
        guard disk.specification == .xen else {
            throw ToolstackError(
                .notSupported, "cannot attach \(name(disk)): specification=virtio needs a device model of ARM guests",
                domain: context.subject, remedy: "use specification=xen")
        }
        guard disk.transport == .unknown else {
            throw ToolstackError(
                .invalid, "cannot attach \(name(disk)): a transport belongs to specification=virtio only",
                domain: context.subject)
        }
        if disk.isCDROM, context.type == .hvm {
            guard [.qdisk, .unknown].contains(disk.backend) else {
                throw ToolstackError(
                    .fail, "cannot attach \(name(disk)): the CD drive of an HVM guest must have backendtype=qdisk",
                    domain: context.subject)
            }
            disk.backend = .qdisk
        }
        disk.backend = try DiskBackendChoice(disk: disk, context: context).backend()
        if let program = script(of: disk, context), disk.backendDomainID == .control {
            try context.check(script: program, of: name(disk))
        }
    }

    /// What connects the disk's backend to its image; nil for one that QEMU opens itself.
    private static func script(of disk: DiskDevice, _ context: DeviceContext) -> String? {
        switch disk.backend {
        case .phy: context.script(disk.script ?? "block")
        case .tap: context.script(disk.script ?? "block-tap")
        default: nil
        }
    }

    private static func backendKind(of disk: DiskDevice) -> DeviceKind {
        switch disk.backend {
        case .qdisk: .qdisk
        case .tap: .vbd3
        default: .vbd
        }
    }

    static func name(_ disk: DiskDevice) -> String { "disk \(disk.virtualDevice ?? "without vdev")" }

    public static func plan(
        _ disk: DiskDevice, index: Int, _ context: DeviceContext
    ) throws(ToolstackError) -> DevicePlan {
        guard let vdev = disk.virtualDevice, let id = number(of: disk) else {
            throw ToolstackError(
                .invalid, "cannot attach \(name(disk)): the virtual device is none", domain: context.subject,
                remedy: "use a name like xvda, hdb or sdc1")
        }
        let address = DeviceAddress(
            domain: context.domain, kind: kind, id: id, backendDomain: disk.backendDomainID,
            backendKind: backendKind(of: disk))
        let type = disk.isCDROM ? "cdrom" : "disk"
        var backend: [DevicePlan.Entry] = [
            .init("removable", disk.isRemovable ? "1" : "0"), .init("bootable", "1"),
            .init("dev", vdev), .init("type", disk.backend == .tap ? "vbd3" : disk.backend.name),
            .init("mode", disk.isWritable ? "w" : "r"),
            .init("device-type", type),
        ]
        if disk.directIOSafe { backend.append(.init("direct-io-safe", "1")) }
        backend.append(.init("discard-enable", disk.discardEnable == true ? "1" : "0"))
        backend.append(.init("specification", DiskSpecification.xen.name))
        var frontend: [DevicePlan.Entry] = [
            .init("virtual-device", "\(id)"), .init("device-type", type),
            .init("trusted", disk.trusted == false ? "0" : "1"),
        ]
        if let abi = context.nativeProtocol { frontend.append(.init("protocol", abi)) }
        return DevicePlan(
            address, leading: try source(disk, context), backend: backend, frontend: frontend,
            handshake: disk.backend == .qdisk ? .none : .backend)
    }

    /// Where the backend finds the disk's contents.
    private static func source(
        _ disk: DiskDevice, _ context: DeviceContext
    ) throws(ToolstackError) -> [DevicePlan.Entry] {
        let path = disk.physicalPath ?? ""
        switch disk.backend {
        case .phy:
            return [.init("params", path), .init("script", script(of: disk, context) ?? "")]
        case .qdisk, .tap:
            guard let format = disk.format.backendName else {
                throw ToolstackError(.invalid, "cannot attach \(name(disk)): no image format", domain: context.subject)
            }
            var entries: [DevicePlan.Entry] = [.init("params", "\(format):\(path)")]
            if let program = script(of: disk, context) { entries.append(.init("script", program)) }
            if disk.coloEnable == true {
                entries += [
                    .init("colo-host", disk.coloHost ?? ""), .init("colo-port", "\(disk.coloPort)"),
                    .init("colo-export", disk.coloExport ?? ""), .init("active-disk", disk.activeDisk ?? ""),
                    .init("hidden-disk", disk.hiddenDisk ?? ""),
                ]
            }
            return entries
        case .standalone, .unknown:
            throw ToolstackError(
                .invalid, "cannot attach \(name(disk)): there is no backend \(disk.backend.name)",
                domain: context.subject)
        }
    }
}

extension DiskFormat {
    /// The word before the colon of a QEMU-served disk's `params`.
    var backendName: String? {
        switch self {
        case .unknown: nil
        case .raw, .empty: "aio"
        case .qcow, .qcow2, .vhd, .qed: name
        }
    }
}
