import DomainModel

/// Devices: lists whose elements have grammars of their own.
let deviceKeys: [ConfigKey] = [
    ConfigKey("disk", .list("TARGET,FORMAT,VDEV,ACCESS"), "Disks"),
    ConfigKey("vif", .list("mac=MAC,bridge=BRIDGE"), "Network cards"),
    ConfigKey("vif2", .list("SPEC"), "Network cards of an abandoned kind", .ignored("xl does not support netchannel2")),
    ConfigKey("pci", .list("[DDDD:]BB:DD.F[,OPTION=VALUE]"), "PCI devices of the machine for the guest"),
    ConfigKey("pci_msitranslate", .boolean, "Default of msitranslate= in pci", default: "0"),
    ConfigKey("pci_power_mgmt", .boolean, "Default of power_mgmt= in pci", default: "0"),
    ConfigKey("pci_permissive", .boolean, "Default of permissive= in pci", default: "0"),
    ConfigKey("pci_seize", .boolean, "Default of seize= in pci", default: "0"),
    ConfigKey(
        "dtdev", .list("PATH"), "Devices of the machine's device tree for the guest (ARM)",
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
    ConfigKey("usbctrl", .list("type=TYPE,version=N,ports=N"), "USB controllers"),
    ConfigKey("usbdev", .list("hostbus=N,hostaddr=N"), "USB devices of the machine for the guest"),
    ConfigKey("vtpm", .list("backend=DOMAIN,uuid=UUID"), "Trusted platform modules"),
    ConfigKey("p9", .list("tag=TAG,path=PATH,security_model=none"), "Directories shared over 9P"),
    ConfigKey("pvcalls", .list("backend=DOMAIN"), "Socket calls that another domain performs"),
    ConfigKey("channel", .list("name=NAME,connection=pty|socket,path=PATH"), "Byte channels between guest and host"),
    ConfigKey("vfb", .list("vnc=1,vnclisten=ADDRESS"), "Paravirtual displays, each with a keyboard"),
    ConfigKey("vkb", .list("backend-type=qemu|linux"), "Paravirtual keyboards and pointers"),
    ConfigKey("vdispl", .list("backend=DOMAIN,connectors=ID:WxH"), "Paravirtual displays of the vdispl protocol"),
    ConfigKey("vsnd", .lists("card|pcm|stream,OPTION=VALUE"), "Paravirtual sound cards"),
    ConfigKey("virtio", .list("type=virtio,DEVICE,transport=mmio"), "Virtio devices", since: "4.18"),
]
