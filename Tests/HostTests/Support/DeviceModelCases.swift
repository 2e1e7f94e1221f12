import Testing

/// Configurations that between them hold every key that reaches QEMU.
struct DeviceModelCase: Sendable, CustomTestStringConvertible {
    let name: String
    let kind: GuestConfiguration.Kind
    let lines: [String]

    /// Where the host keeps what the cases name.
    static let place = "/root/device-model"

    var testDescription: String { name }

    static let groups: [String: [DeviceModelCase]] = [
        "screens": screens, "lines": lines, "disks": disks, "networks": networks, "machines": machines,
        "backends": backends,
    ]

    /// One of each kind, for the short run.
    static let essential = groups.keys.sorted().flatMap { groups[$0] ?? [] }.filter(\.isEssential)
    var isEssential: Bool { Self.essentialNames.contains(name) }
    private static let essentialNames: Set = [
        "SPICE, all", "five disks", "three network cards", "direct boot", "PV, more arguments",
    ]

    private static func hvm(_ name: String, _ lines: String...) -> DeviceModelCase {
        DeviceModelCase(name: name, kind: .hvm, lines: lines)
    }

    private static func other(_ kind: GuestConfiguration.Kind, _ name: String, _ lines: String...) -> DeviceModelCase {
        DeviceModelCase(name: name, kind: kind, lines: lines)
    }

    /// What the guest shows, and where.
    private static let screens: [DeviceModelCase] = [
        hvm("defaults"),
        hvm("no VNC", "vnc=0"),
        hvm("nothing to see", "vnc=0", "nographic=1"),
        hvm("nographic beside VNC", "nographic=1"),
        hvm("SDL", "vnc=0", "sdl=1", "display=\":3\"", "xauthority=\"/root/.Xauthority\""),
        hvm("SDL beside VNC, opengl", "sdl=1", "opengl=1"),
        hvm("VNC on all addresses", "vnclisten=\"0.0.0.0\"", "vncdisplay=3", "vncunused=0"),
        hvm("VNC address with display", "vnclisten=\"127.0.0.1:7\""),
        hvm("VNC password", "vncpasswd=\"secret\""),
        hvm("VNC password, fixed display", "vncpasswd=\"secret\"", "vncdisplay=9", "vncunused=0"),
        hvm("VNC empty password", "vncpasswd=\"\""),
        hvm("keymap", "keymap=\"de\""),
        hvm("stdvga", "vga=\"stdvga\""),
        hvm("old stdvga", "stdvga=1"),
        hvm("no card", "vga=\"none\""),
        hvm("cirrus, more memory", "vga=\"cirrus\"", "videoram=16"),
        hvm("stdvga, more memory", "vga=\"stdvga\"", "videoram=24"),
        hvm("qxl", "vga=\"qxl\"", "memory=160"),
        hvm("qxl, more memory", "vga=\"qxl\"", "memory=200", "videoram=129"),
        hvm("SPICE, open", "spice=1", "spiceport=6000", "spicedisable_ticketing=1"),
        hvm(
            "SPICE, TLS and password", "spice=1", "spicetls_port=6001", "spicehost=\"0.0.0.0\"",
            "spicepasswd=\"secret\""),
        hvm(
            "SPICE, all", "spice=1", "spiceport=6000", "spicetls_port=6001", "spicehost=\"127.0.0.1\"",
            "spicedisable_ticketing=0", "spicepasswd=\"pw\"", "spiceagent_mouse=0", "spicevdagent=1",
            "spice_clipboard_sharing=1", "spice_image_compression=\"quic\"", "spice_streaming_video=\"filter\"", "vnc=0"
        ),
        hvm("SPICE, redirected USB", "spice=1", "spiceport=6000", "spicedisable_ticketing=1", "spiceusbredirection=4"),
        hvm(
            "SPICE, redirected USB 3", "spice=1", "spiceport=6000", "spicedisable_ticketing=1", "spiceusbredirection=2",
            "usbversion=3"),
    ]

    /// Serial lines, boot order, USB, sound.
    private static let lines: [DeviceModelCase] = [
        hvm("serial line", "serial=\"pty\""),
        hvm("serial line to a socket", "serial=\"tcp:127.0.0.1:4555,server,nowait\""),
        hvm("serial lines", "serial=[\"pty\",\"file:\(place)/serial\"]"),
        hvm("boot from CD", "boot=\"dc\""),
        hvm("boot from network", "boot=\"n\""),
        hvm("USB", "usb=1"),
        hvm("USB tablet", "usbdevice=\"tablet\""),
        hvm("USB devices", "usbdevice=[\"tablet\",\"keyboard\"]"),
        hvm("USB 1", "usbversion=1"),
        hvm("USB 2", "usbversion=2"),
        hvm("USB 3", "usbversion=3"),
        hvm("sound, hda", "soundhw=\"hda\""),
        hvm("sound, ac97", "soundhw=\"ac97\""),
        hvm("sound, upper case", "soundhw=\"SB16\""),
    ]

    /// Where a backend's script is not the point there is none: several at once take upstream's to its time limit in
    /// emulation.
    private static let disks: [DeviceModelCase] = [
        hvm("raw disk", "disk=[\"\(place)/a.img,raw,hda,rw\"]"),
        hvm("raw disk over QEMU", "disk=[\"\(place)/a.img,raw,xvda,rw,backendtype=qdisk\"]"),
        hvm("qcow2 disk", "disk=[\"\(place)/a.qcow2,qcow2,hda,rw\"]"),
        hvm("vhd and qed disks", "disk=[\"\(place)/a.vhd,vhd,xvda,rw\",\"\(place)/a.qed,qed,xvdb,rw\"]"),
        hvm("block device", "disk=[\"phy:/dev/loop7,hdb,w\"]"),
        hvm(
            "five disks",
            "disk=[\"\(place)/a.img,raw,xvda,rw,backendtype=qdisk\",\"\(place)/b.img,raw,xvdb,rw,backendtype=qdisk\",\"\(place)/c.img,raw,xvdc,rw,backendtype=qdisk\",\"\(place)/d.img,raw,xvdd,rw,backendtype=qdisk\",\"\(place)/e.img,raw,xvde,rw,backendtype=qdisk\"]"
        ),
        hvm(
            "SCSI disks",
            "disk=[\"\(place)/a.img,raw,sda,rw,backendtype=qdisk\",\"\(place)/b.img,raw,sdb,ro,backendtype=qdisk\"]"),
        hvm(
            "AHCI disks", "hdtype=\"ahci\"",
            "disk=[\"\(place)/a.img,raw,hda,rw,backendtype=qdisk\",\"\(place)/a.qcow2,qcow2,xvdb,rw\",\"\(place)/f.img,raw,xvdf,rw,backendtype=qdisk\",\"\(place)/g.img,raw,xvdg,rw,backendtype=qdisk\"]"
        ),
        hvm("empty CD drive", "disk=[\",,hdc,cdrom\"]"),
        hvm("CD", "disk=[\"\(place)/cd.iso,raw,hdc,cdrom\"]"),
        hvm(
            "CDs and disks",
            "disk=[\"\(place)/a.img,raw,xvda,rw,backendtype=qdisk\",\"\(place)/cd.iso,raw,xvdb,cdrom\",\"\(place)/b.img,raw,hdc,rw,backendtype=qdisk\",\",raw,hdd,cdrom\"]"
        ),
        hvm(
            "AHCI disk, IDE CD", "hdtype=\"ahci\"",
            "disk=[\"\(place)/a.img,raw,hda,rw\",\"\(place)/cd.iso,raw,hdc,cdrom\"]"),
        hvm(
            "disk of a script",
            "disk=[\"format=raw,vdev=xvda,access=rw,script=\(place)/block-test,target=\(place)/a.img\"]"),
    ]

    private static let networks: [DeviceModelCase] = [
        hvm("network card", "vif=[\"mac=00:16:3f:00:00:01\"]"),
        hvm("network card, e1000", "vif=[\"mac=00:16:3f:00:00:01,model=e1000,bridge=xenbr0\"]"),
        hvm("network card, virtio", "vif=[\"mac=00:16:3f:00:00:01,model=virtio-net\"]"),
        hvm(
            "three network cards",
            "vif=[\"mac=00:16:3f:00:00:01,type=ioemu\",\"mac=00:16:3f:00:00:02,type=vif\",\"mac=00:16:3f:00:00:03,model=ne2k_pci\"]"
        ),
        hvm("paravirtual network only", "vif=[\"mac=00:16:3f:00:00:01,type=vif\"]"),
        hvm("named interface", "vif=[\"mac=00:16:3f:00:00:01,vifname=webcard\"]"),
        hvm(
            "COLO network, primary",
            "vif=[\"mac=00:16:3f:00:00:01,colo_sock_mirror_id=m,colo_sock_mirror_ip=10.0.0.1,colo_sock_mirror_port=9003,colo_sock_redirector1_id=r1,colo_sock_redirector1_ip=10.0.0.2,colo_sock_redirector1_port=9004,colo_filter_mirror_queue=tx,colo_filter_mirror_outdev=m,colo_filter_redirector0_queue=rx,colo_filter_redirector0_indev=r1,colo_compare_pri_in=pi,colo_compare_sec_in=si,colo_compare_out=co,colo_compare_notify_dev=cn\"]"
        ),
    ]

    /// Processors, firmware, machine, users, arguments of the administrator.
    private static let machines: [DeviceModelCase] = [
        hvm("no ACPI", "acpi=0"),
        hvm("two vCPUs", "vcpus=2"),
        hvm("two of four vCPUs", "vcpus=2", "maxvcpus=4"),
        hvm("more arguments", "device_model_args=[\"-trace\",\"file name\"]"),
        hvm(
            "more arguments of two kinds", "device_model_args=[\"-a\"]", "device_model_args_hvm=[\"-h\",\"-i\"]",
            "device_model_args_pv=[\"-p\"]"),
        hvm(
            "direct boot", "kernel=\"/root/guests/vmlinuz\"", "ramdisk=\"/root/guests/initramfs\"",
            "root=\"/dev/xvda\"", "extra=\"quiet x='a,b'\""),
        hvm("direct boot, one word", "kernel=\"/root/guests/vmlinuz\"", "cmdline=\"single\""),
        hvm("no platform device", "xen_platform_pci=0"),
        hvm("large hole", "mmio_hole=1024"),
        hvm("large hole, no platform device", "mmio_hole=512", "xen_platform_pci=0"),
        hvm("vendor device", "vendor_device=\"xenserver\""),
        hvm("passed-through graphics", "gfx_passthru=\"igd\""),
        hvm("user", "device_model_user=\"dmtest\""),
        hvm(
            "channels", "channel=[\"connection=pty,name=org.a\",\"connection=socket,path=/run/dm-channel,name=org.b\"]"),
        hvm("OVMF", "bios=\"ovmf\""),
        hvm("memory on demand", "memory=32", "maxmem=48"),
        hvm("odd memory", "memory=33", "videoram=9"),
        hvm("no keyboard", "vkb_device=0"),
        hvm(
            "all of it", "vcpus=2", "maxvcpus=3", "usb=1", "usbdevice=\"tablet\"", "serial=\"pty\"",
            "soundhw=\"es1370\"", "keymap=\"fr\"", "vga=\"stdvga\"", "boot=\"cdn\"",
            "disk=[\"\(place)/a.qcow2,qcow2,hda,rw\",\"\(place)/cd.iso,raw,hdc,cdrom\"]",
            "vif=[\"mac=00:16:3f:00:00:01,model=e1000\"]", "device_model_args_hvm=[\"-x\"]"),
    ]

    /// QEMU that only serves backends.
    private static let backends: [DeviceModelCase] = [
        other(.pv, "PV, qcow2 disk", "disk=[\"\(place)/a.qcow2,qcow2,xvda,rw\"]"),
        other(.pv, "PV, framebuffer", "vfb=[\"vnc=1,vnclisten=0.0.0.0,vncdisplay=2,keymap=de\"]"),
        other(.pv, "PV, framebuffer over SDL", "vfb=[\"vnc=0,sdl=1,display=:4,xauthority=/root/.X\"]"),
        other(
            .pv, "PV, channels",
            "channel=[\"connection=pty,name=org.a\",\"connection=socket,path=/run/dm-channel,name=org.b\"]"),
        other(
            .pv, "PV, more arguments", "disk=[\"\(place)/a.qcow2,qcow2,xvda,rw\"]", "device_model_args=[\"-a\"]",
            "device_model_args_pv=[\"-p\",\"-q\"]", "device_model_args_hvm=[\"-h\"]"),
        other(.pvh, "PVH, qcow2 disk", "disk=[\"\(place)/a.qcow2,qcow2,xvda,rw\"]"),
        other(.pvh, "PVH, 9pfs", "p9=[\"tag=t,path=\(place),security_model=none\"]"),
    ]
}
