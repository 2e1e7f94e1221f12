import DomainModel

/// Devices: lists whose elements have grammars of their own.
let deviceKeys: [ConfigKey] = [
    ConfigKey("disk", .list("TARGET,FORMAT,VDEV,ACCESS"), "Disks", write: { writeList($0.disks, DiskSpec.self) }),
    ConfigKey(
        "vif", .list("mac=MAC,bridge=BRIDGE"), "Network cards",
        write: { writeList(withoutPositions($0.nics), VIFSpec.self) }),
    ConfigKey("vif2", .list("SPEC"), "Network cards of an abandoned kind", .ignored("xl does not support netchannel2")),
    ConfigKey(
        "pci", .list("[DDDD:]BB:DD.F[,OPTION=VALUE]"), "PCI devices of the machine for the guest",
        write: { writeList($0.pciDevices, PCISpec.self) }),
    ConfigKey("pci_msitranslate", .boolean, "Default of msitranslate= in pci", default: "0"),
    ConfigKey("pci_power_mgmt", .boolean, "Default of power_mgmt= in pci", default: "0"),
    ConfigKey("pci_permissive", .boolean, "Default of permissive= in pci", default: "0"),
    ConfigKey("pci_seize", .boolean, "Default of seize= in pci", default: "0"),
    ConfigKey(
        "dtdev", .list("PATH"), "Devices of the machine's device tree for the guest (ARM: refused)",
        write: { .list(nonEmpty: $0.dtDevices.map { $0.path ?? "" }) }
    ) {
        guard let texts = $2.texts($0, $1) else { return }
        $2.configuration.dtDevices = texts.map {
            var device = DTDevice()
            device.path = $0.string
            return device
        }
    },
    .choice(
        "passthrough", \.createInfo.passthrough, "Whether and how devices can be passed through",
        default: "enabled with pci or dtdev"),
    ConfigKey(
        "usbctrl", .list("type=TYPE,version=N,ports=N"), "USB controllers",
        write: { writeList($0.usbControllers, USBControllerSpec.self) }),
    ConfigKey(
        "usbdev", .list("hostbus=N,hostaddr=N"), "USB devices of the machine for the guest",
        write: { writeList($0.usbDevices, USBDeviceSpec.self) }),
    ConfigKey(
        "vtpm", .list("backend=DOMAIN,uuid=UUID"), "Trusted platform modules",
        write: { writeList($0.vtpms, VTPMSpec.self) }),
    ConfigKey(
        "p9", .list("tag=TAG,path=PATH,security_model=none"), "Directories shared over 9P",
        write: { writeList($0.p9s, P9Spec.self) }),
    ConfigKey(
        "pvcalls", .list("backend=DOMAIN"), "Socket calls that another domain performs",
        write: { writeList($0.pvcallsInterfaces, PVCallsSpec.self) }),
    ConfigKey(
        "channel", .list("name=NAME,connection=pty|socket,path=PATH"), "Byte channels between guest and host",
        write: { writeList($0.channels, ChannelSpec.self) }),
    ConfigKey(
        "vfb", .list("vnc=1,vnclisten=ADDRESS"), "Paravirtual displays of a PV or PVH guest, each with a keyboard",
        write: { writeList($0.vfbs, VFBSpec.self) }),
    ConfigKey(
        "vkb", .list("backend-type=qemu|linux"),
        "Paravirtual keyboards and pointers; those of HVM guests from Xen 4.19 on",
        // The first keyboards come with the displays.
        write: { writeList(Array($0.vkbs.dropFirst($0.vfbs.count)), VKBSpec.self) }),
    ConfigKey(
        "vdispl", .list("backend=DOMAIN,connectors=ID:WxH"), "Paravirtual displays of the vdispl protocol",
        write: { writeList($0.vdispls, VDisplSpec.self) }),
    ConfigKey(
        "vsnd", .lists("card|pcm|stream,OPTION=VALUE"), "Paravirtual sound cards",
        write: { $0.vsnds.isEmpty ? nil : .lists($0.vsnds.map { (try? VSndSpec.items(for: $0)) ?? [] }) }),
    ConfigKey(
        "virtio", .list("type=virtio,DEVICE,transport=mmio"), "Virtio devices (ARM: refused)", since: "4.18",
        write: { writeList($0.virtios, VirtIOSpec.self) }),
]

/// A list with an element for each device; a device that the grammar cannot say leaves an empty one.
private func writeList<Spec: DeviceSpec>(_ devices: [Spec.Device], _ spec: Spec.Type) -> WrittenValue? {
    .list(nonEmpty: devices.map { (try? Spec.text(for: $0)) ?? "" })
}

/// The cards without the numbers that their places in the list give them.
private func withoutPositions(_ cards: [NICDevice]) -> [NICDevice] {
    var cards = cards
    for index in cards.indices where cards[index].deviceID == Int32(clamping: index) { cards[index].deviceID = nil }
    return cards
}
