import DomainModel
import XenTypes

/// Which backend serves a disk: the kernel's for raw devices and files, QEMU's for everything else.
struct DiskBackendChoice {
    let disk: DiskDevice
    let context: DeviceContext

    private var name: String { DiskClass.name(disk) }
    private var isLocal: Bool { disk.backendDomainID == .control }
    private var path: String { disk.physicalPath ?? "" }

    /// - Throws: `invalid` when the image cannot be used, or no backend can serve the disk.
    func backend() throws(ToolstackError) -> DiskBackend {
        try checkEmptiness()
        try checkImage()
        switch disk.backend {
        case .unknown:
            if refusalOfPhy == nil { return .phy }
            if refusalOfQDisk == nil { return .qdisk }
            throw failure(
                "no backend can serve it",
                "phy: \(refusalOfPhy ?? "possible"); qdisk: \(refusalOfQDisk ?? "possible")")
        case .phy:
            if let refusalOfPhy { throw failure("backendtype=phy cannot serve it", refusalOfPhy) }
        case .qdisk:
            if let refusalOfQDisk { throw failure("backendtype=qdisk cannot serve it", refusalOfQDisk) }
        case .tap:
            if let refusalOfTap { throw failure("backendtype=tap cannot serve it", refusalOfTap, remedy: "use qdisk") }
        case .standalone:
            throw failure("backendtype=standalone cannot serve it", "it belongs to specification=virtio")
        }
        return disk.backend
    }

    private func failure(_ what: String, _ cause: String, remedy: String? = nil) -> ToolstackError {
        ToolstackError(
            .invalid, "cannot attach \(name): \(what)", domain: context.subject, cause: cause, remedy: remedy)
    }

    private var refusalOfPhy: String? {
        if disk.format != .raw { return "it takes format=raw only, not \(disk.format)" }
        if disk.coloEnable == true { return "it does not know COLO" }
        guard isLocal, disk.script == nil else { return nil }
        switch context.inspect(path) {
        case .block, .regular: return nil
        default: return "\(path) is neither a block device nor a file"
        }
    }

    private var refusalOfTap: String? {
        guard context.release.servesTapDisks else {
            let first = XenRelease.first(with: \.servesTapDisks)
            return "it needs Xen \(first), and this host runs Xen \(context.release)"
        }
        if disk.format != .raw, disk.format != .vhd { return "it takes format=raw and vhd, not \(disk.format)" }
        return disk.coloEnable == true ? "it does not know COLO" : nil
    }

    private var refusalOfQDisk: String? { disk.script == nil ? nil : "it runs no script" }

    private func checkEmptiness() throws(ToolstackError) {
        guard disk.format == .empty else { return }
        guard disk.isCDROM else {
            throw failure("only a CD drive can be empty", "format=empty", remedy: "give target=")
        }
        guard path.isEmpty else {
            throw failure("an empty drive has no image", "target=\(path)", remedy: "give the image's format")
        }
    }

    /// Finds out before anything is made whether the image can be opened. What a script or another domain
    /// opens cannot be judged here, nor what QEMU reaches over the network.
    private func checkImage() throws(ToolstackError) {
        guard disk.format != .empty, isLocal, disk.script == nil else { return }
        if disk.backend == .qdisk, !path.hasPrefix("/"), path.contains(":") { return }
        guard !path.isEmpty else { throw failure("it has no image", "no target=", remedy: "give target=") }
        let wanted: HostFile.Access = disk.isWritable ? [.read, .write] : .read
        switch context.inspect(path) {
        case .missing(let reason): throw failure("the image \(path) cannot be used", reason)
        case .directory: throw failure("the image \(path) cannot be used", "it is a directory")
        case .regular(let access), .block(let access):
            guard !access.isSuperset(of: wanted) else { return }
            let isReadable = access.contains(.read)
            throw failure(
                "the image \(path) cannot be used", isReadable ? "it cannot be written" : "it cannot be read",
                remedy: isReadable ? "attach it read-only with access=ro" : nil)
        case .other: return
        }
    }
}
