import DomainModel
import XenStore
import XenTypes

/// The nodes with which a domain begins, before anything is built (`libxl__domain_make`).
extension DomainBuild {
    /// In the order in which they are to be written; the trees must have been removed before.
    func initialNodes() -> [StoreNode] {
        let info = configuration.createInfo
        let toolstackOnly = StorePermissions(owner: .control)
        let guestReads = StorePermissions.owned(by: .control, readableBy: domain)
        let guestOwns = StorePermissions(owner: domain)
        let vm = DomainPaths.vm(uuid)
        let guest = paths.guest
        var nodes = [
            StoreNode(guest, "", guestReads), StoreNode(vm, "", guestReads), StoreNode(paths.libxl, "", toolstackOnly),
            StoreNode(paths.libxl / "device", "", toolstackOnly), StoreNode(guest / "vm", vm.description),
            StoreNode(guest / "name", info.name ?? ""), StoreNode(vm / "name", info.name ?? ""),
            StoreNode(guest / "cpu", "", guestReads), StoreNode(guest / "memory", "", guestReads),
        ]
        if info.xendSuspendEventChannelCompat == true {
            nodes.append(StoreNode(guest / "device", "", guestOwns))
        } else {
            nodes.append(StoreNode(guest / "device", "", guestReads))
            nodes.append(StoreNode(guest / "device/suspend/event-channel", "", guestOwns))
        }
        nodes.append(StoreNode(guest / "control", "", guestReads))
        if info.type == .hvm { nodes.append(StoreNode(guest / "hvmloader", "", guestReads)) }
        nodes += guestOwnedNames.map { StoreNode(guest / $0, "", guestOwns) }
        nodes.append(StoreNode(vm / "uuid", uuid.description))
        nodes += info.storeData.elements.map { StoreNode(guest / $0.key, $0.value ?? "") }
        nodes += info.platformData.elements.map { StoreNode(guest / "platform" / $0.key, $0.value ?? "") }
        nodes += [
            StoreNode(guest / "control/platform-feature-multiprocessor-suspend", "1"),
            StoreNode(guest / "control/platform-feature-xs_reset_watches", "1"),
            StoreNode(paths.libxl / "type", info.type.name),
            StoreNode(paths.libxl / "dm-version", configuration.buildInfo.deviceModelVersion.name),
        ]
        return nodes
    }

    /// What the guest itself may write.
    private var guestOwnedNames: [String] {
        let info = configuration.createInfo
        var names = [
            "control/shutdown", "control/feature-poweroff", "control/feature-reboot", "control/feature-suspend",
        ]
        if info.type == .hvm { names += ["control/feature-s3", "control/feature-s4"] }
        names += ["control/sysrq", "data", "drivers", "feature", "attr", "error"]
        // A driver domain runs a toolstack and QEMU of its own.
        if info.driverDomain == true { names += ["libxl", "device-model"] }
        return names
    }
}
