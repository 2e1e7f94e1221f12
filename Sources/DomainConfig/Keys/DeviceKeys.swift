import DomainModel

/// What is to be known of a list of devices whose elements have a grammar of their own, whatever the grammar.
struct DeviceList: Sendable {
    /// Why devices cannot be written.
    var omissions: @Sendable (DomainConfiguration) -> [String] = { _ in [] }
    /// The domains that are to serve the devices, by name; nil where none is named.
    let backends: @Sendable (DomainConfiguration) -> [String?]
}

extension ConfigKey {
    /// - Parameters:
    ///   - placeholder: what an element looks like.
    ///   - backend: the domain that serves a device, where one can be named.
    ///   - devices: those that the elements stand for.
    fileprivate static func devices<Spec: DeviceSpec & SendableMetatype>(
        _ name: String, _ placeholder: String, _ summary: String, since: String? = nil, _: Spec.Type,
        backend: (@Sendable (Spec.Device) -> String?)? = nil,
        _ devices: @escaping @Sendable (DomainConfiguration) -> [Spec.Device]
    ) -> ConfigKey {
        var key = ConfigKey(
            name, .list(placeholder), summary, since: since,
            write: { configuration in
                // A device that the grammar cannot say leaves an empty element.
                .list(nonEmpty: devices(configuration).map { (try? Spec.text(for: $0)) ?? "" })
            })
        key.devices = DeviceList(
            omissions: { configuration in
                devices(configuration).compactMap { device in
                    do throws(SpecError) {
                        _ = try Spec.text(for: device)
                        return nil
                    } catch {
                        return error.description
                    }
                }
            },
            backends: { configuration in backend.map { devices(configuration).map($0) } ?? [] })
        return key
    }

    /// The same key, whose list is of devices.
    fileprivate func of(_ devices: DeviceList) -> ConfigKey {
        var key = self
        key.devices = devices
        return key
    }
}

/// Devices: lists whose elements have grammars of their own.
let deviceKeys: [ConfigKey] = [
    .devices("disk", "TARGET,FORMAT,VDEV,ACCESS", "Disks", DiskSpec.self, backend: \.backendDomainName) { $0.disks },
    .devices("vif", "mac=MAC,bridge=BRIDGE", "Network cards", VIFSpec.self, backend: \.backendDomainName) {
        withoutPositions($0.nics)
    },
    ConfigKey("vif2", .list("SPEC"), "Network cards of an abandoned kind", .ignored("xl does not support netchannel2")),
    .devices("pci", "[DDDD:]BB:DD.F[,OPTION=VALUE]", "PCI devices of the machine for the guest", PCISpec.self) {
        $0.pciDevices
    },
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
    .devices("usbctrl", "type=TYPE,version=N,ports=N", "USB controllers", USBControllerSpec.self) { $0.usbControllers },
    .devices("usbdev", "hostbus=N,hostaddr=N", "USB devices of the machine for the guest", USBDeviceSpec.self) {
        $0.usbDevices
    },
    .devices(
        "vtpm", "backend=DOMAIN,uuid=UUID", "Trusted platform modules", VTPMSpec.self, backend: \.backendDomainName
    ) { $0.vtpms },
    .devices(
        "p9", "tag=TAG,path=PATH,security_model=none", "Directories shared over 9P", P9Spec.self,
        backend: \.backendDomainName
    ) { $0.p9s },
    .devices(
        "pvcalls", "backend=DOMAIN", "Socket calls that another domain performs", PVCallsSpec.self,
        backend: \.backendDomainName
    ) { $0.pvcallsInterfaces },
    .devices(
        "channel", "name=NAME,connection=pty|socket,path=PATH", "Byte channels between guest and host",
        ChannelSpec.self, backend: \.backendDomainName
    ) { $0.channels },
    .devices(
        "vfb", "vnc=1,vnclisten=ADDRESS", "Paravirtual displays of a PV or PVH guest, each with a keyboard",
        VFBSpec.self
    ) { $0.vfbs },
    // The first keyboards come with the displays.
    .devices(
        "vkb", "backend-type=qemu|linux", "Paravirtual keyboards and pointers; those of HVM guests from Xen 4.19 on",
        VKBSpec.self, backend: \.backendDomainName
    ) { Array($0.vkbs.dropFirst($0.vfbs.count)) },
    .devices(
        "vdispl", "backend=DOMAIN,connectors=ID:WxH", "Paravirtual displays of the vdispl protocol", VDisplSpec.self,
        backend: \.backendDomainName
    ) { $0.vdispls },
    ConfigKey(
        "vsnd", .lists("card|pcm|stream,OPTION=VALUE"), "Paravirtual sound cards",
        write: { $0.vsnds.isEmpty ? nil : .lists($0.vsnds.map { (try? VSndSpec.items(for: $0)) ?? [] }) }
    ).of(DeviceList(backends: { $0.vsnds.map(\.backendDomainName) })),
    .devices(
        "virtio", "type=virtio,DEVICE,transport=mmio", "Virtio devices (ARM: refused)", since: "4.18", VirtIOSpec.self,
        backend: \.backendDomainName
    ) { $0.virtios },
]

/// The cards without the numbers that their places in the list give them.
private func withoutPositions(_ cards: [NICDevice]) -> [NICDevice] {
    var cards = cards
    for index in cards.indices where cards[index].deviceID == Int32(clamping: index) { cards[index].deviceID = nil }
    return cards
}
