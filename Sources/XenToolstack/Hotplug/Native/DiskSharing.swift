import SystemPackage
import XenStore
import XenTypes

/// Who else uses a disk: two that write to one lose both's data.
struct DiskSharing: Sendable {
    /// How a guest's disk is used, from `mode` of its configuration (`r`, `w`, `w!` and longer forms).
    enum Mode: Sendable, Hashable {
        case read
        case write
        /// Writes, whoever else does.
        case writeUnchecked

        init(_ text: String) {
            self = !text.contains("w") ? .read : text.contains("!") ? .writeUnchecked : .write
        }
    }

    /// Another guest's disk.
    struct Use: Sendable, Hashable {
        var domain: DomainID
        var disk: String
        var device: String
        var mode: Mode
    }

    /// Why a disk cannot be used, or nil.
    ///
    /// - Parameters:
    ///   - devices: the block devices that stand for it.
    ///   - uses: of all other guests' disks.
    ///   - isSameGuest: whether a domain is the same guest as the one that is to get it: on its way from one domain to
    ///     another, or the one whose QEMU runs in the other; or never runs again.
    static func obstacle(
        _ devices: Set<DeviceNumber>, mode: Mode, mounted: [MountedDevice], uses: [Use],
        isSameGuest: (DomainID) throws(ToolstackError) -> Bool
    ) throws(ToolstackError) -> String? {
        guard mode != .writeUnchecked, !devices.isEmpty else { return nil }
        if let mount = mounted.first(where: { devices.contains($0.device) && (mode == .write || !$0.isReadOnly) }) {
            return "it is mounted on this host (device \(mount.device)\(mount.isReadOnly ? "" : ", to write"))"
        }
        let names = Set(devices.map(\.description))
        for use in uses where names.contains(use.device) && (mode == .write || use.mode == .write) {
            guard try !isSameGuest(use.domain) else { continue }
            let what = use.mode == .read ? "reads" : "writes to"
            return "domain \(use.domain) \(what) it (vbd \(use.disk))"
        }
        return nil
    }
}

extension StoreConnection {
    /// The disks of all guests that this domain serves and that are connected.
    func diskUses() throws(StoreError) -> [DiskSharing.Use] {
        let root: StorePath = DomainPaths(.control).guest / "backend" / DeviceKind.vbd.rawValue
        let domains = try (list(root) ?? []).compactMap { UInt32($0).map(DomainID.init) }
        let lists = try list(domains.map { root / $0 })
        let disks = zip(domains, lists).flatMap { domain, names in (names ?? []).map { (domain, $0) } }
        let values = try read(disks.flatMap { [root / $0 / $1 / "physical-device", root / $0 / $1 / "mode"] })
        return disks.indices.compactMap { index in
            guard let device = values[2 * index] else { return nil }
            return DiskSharing.Use(
                domain: disks[index].0, disk: disks[index].1, device: device,
                mode: DiskSharing.Mode(values[2 * index + 1] ?? ""))
        }
    }

    /// Whether two domains are one guest, or one is the stub domain of the other.
    func areOneGuest(_ domain: DomainID, _ other: DomainID) throws(StoreError) -> Bool {
        func vm(_ domain: DomainID) throws(StoreError) -> (own: String?, target: String?) {
            let home = DomainPaths(domain).guest
            let values = try read([home / "vm", home / "target"])
            guard let number = values[1].flatMap({ UInt32($0) }) else { return (values[0], nil) }
            return (values[0], try read(DomainPaths(DomainID(number)).guest / "vm"))
        }
        let (mine, target) = try vm(domain)
        let (theirs, otherTarget) = try vm(other)
        // A domain that is gone has left its backend's nodes behind.
        guard let theirs else { return true }
        return mine == theirs || target == theirs || mine == otherTarget && mine != nil
            || target == otherTarget && target != nil
    }
}
