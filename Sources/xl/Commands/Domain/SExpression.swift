import DomainModel
import XenTypes

/// A configuration as an s-expression: what upstream prints with `output_format="sxp"` (`xl_sxp.c`).
///
/// Clients of xend's time read it; it has a part of the configuration only. Upstream prints none for a PVH
/// guest, but stops with an error; here its image is shown as a PV one's.
struct SExpression {
    private var text = ""
    private let domain: Int32

    /// - Parameters:
    ///   - domain: the domain's number, nil for a configuration that is not of a domain.
    ///   - uuid: the domain's, which may differ from the configuration's.
    static func text(of configuration: DomainConfiguration, domain: DomainID?, uuid: XenUUID?) -> String {
        var expression = SExpression(domain: domain.map { Int32(truncatingIfNeeded: $0.rawValue) } ?? -1)
        expression.append("(domain\n")
        expression.put(1, "domid", expression.domain)
        expression.putGeneral(configuration, uuid: uuid)
        expression.putImage(configuration.buildInfo)
        expression.append("\t)\n")
        for disk in configuration.disks { expression.put(disk) }
        for nic in configuration.nics { expression.put(nic) }
        for device in configuration.pciDevices { expression.put(device) }
        for framebuffer in configuration.vfbs { expression.put(framebuffer) }
        expression.append(")\n")
        return expression.text
    }

    private init(domain: Int32) { self.domain = domain }

    private mutating func append(_ line: String) { text += line }

    private mutating func put(_ depth: Int, _ name: String, _ value: String?) {
        append("\(String(repeating: "\t", count: depth))(\(name) \(value ?? "(null)"))\n")
    }

    private mutating func put(_ depth: Int, _ name: String, _ value: some BinaryInteger) {
        put(depth, name, "\(value)")
    }

    private mutating func put(_ depth: Int, _ name: String, flag value: Bool?) {
        put(depth, name, value.map { $0 ? "True" : "False" } ?? "<default>")
    }

    private mutating func put(_ depth: Int, _ name: String, size value: UInt64?) {
        put(depth, name, value.map { Int64(bitPattern: $0) } ?? -1)
    }

    private mutating func put(_ depth: Int, _ name: String, limit value: UInt32?) {
        put(depth, name, value.map { Int32(bitPattern: $0) } ?? -1)
    }

    private mutating func putGeneral(_ configuration: DomainConfiguration, uuid: XenUUID?) {
        let create = configuration.createInfo
        append("\t(create_info)\n")
        put(1, "hvm", create.type == .hvm ? 1 : 0)
        put(1, "hap", flag: create.hap)
        put(1, "oos", flag: create.oos)
        put(1, "ssidref", Int32(bitPattern: create.ssidRef))
        put(1, "name", create.name)
        put(1, "uuid", uuid?.description ?? "<unknown>")
        if let pool = create.poolName { put(1, "cpupool", pool) }
        put(1, "xsdata", create.storeData.isEmpty ? nil : "contains data")
        put(1, "platformdata", create.platformData.isEmpty ? nil : "contains data")

        let build = configuration.buildInfo
        append("\t(build_info)\n")
        put(1, "max_vcpus", build.maxVCPUs)
        put(1, "max_grant_frames", limit: build.maxGrantFrames)
        put(1, "max_maptrack_frames", limit: build.maxMaptrackFrames)
        put(1, "tsc_mode", build.tscMode.name)
        put(1, "max_memkb", size: build.maxMemKB)
        put(1, "target_memkb", size: build.targetMemKB)
        put(1, "nomigrate", flag: build.disableMigrate)
        if create.type == .pv, let bootloader = build.bootloader {
            put(1, "bootloader", bootloader)
            if !build.bootloaderArgs.isEmpty {
                put(1, "bootloader_args", build.bootloaderArgs.joined(separator: " "))
            }
        }
        append("\t(image\n")
    }

    private mutating func putImage(_ build: BuildInfo) {
        if let hvm = build.hvm {
            append("\t\t(hvm\n")
            put(hvm, of: build)
        } else {
            put(2, build.type == .pvh ? "pvh" : "linux", 0)
            put(3, "kernel", build.kernel)
            put(3, "cmdline", build.commandLine)
            put(3, "ramdisk", build.ramdisk)
            if let pv = build.pv { put(3, "e820_host", flag: pv.e820Host) }
        }
        append("\t\t)\n")
    }

    private mutating func put(_ hvm: HVMBuildInfo, of build: BuildInfo) {
        put(3, "firmware", hvm.firmware)
        put(3, "video_memkb", size: build.videoMemKB)
        put(3, "shadow_memkb", size: build.shadowMemKB)
        put(3, "pae", flag: hvm.pae)
        put(3, "apic", flag: build.apic)
        put(3, "acpi", flag: hvm.acpi)
        put(3, "nx", flag: hvm.nx)
        put(3, "viridian", flag: hvm.viridian)
        put(3, "hpet", flag: hvm.hpet)
        put(3, "vpt_align", flag: hvm.vptAlign)
        put(3, "timer_mode", build.timerMode.name)
        put(3, "nestedhvm", flag: build.nestedHVM)
        put(3, "stdvga", flag: hvm.vga.kind == .std)
        put(hvm.vnc)
        put(3, "keymap", hvm.keymap)
        put(3, "sdl", flag: hvm.sdl.enable)
        put(3, "opengl", flag: hvm.sdl.opengl)
        put(3, "nographic", flag: hvm.noGraphic)
        put(3, "spice", flag: hvm.spice.enable)
        put(3, "spiceport", hvm.spice.port)
        put(3, "spicetls_port", hvm.spice.tlsPort)
        put(3, "spicehost", hvm.spice.host)
        put(3, "spicedisable_ticketing", flag: hvm.spice.disableTicketing)
        put(3, "spiceagent_mouse", flag: hvm.spice.agentMouse)
        put(3, "device_model", build.deviceModel ?? "default")
        put(3, "gfx_passthru", flag: hvm.gfxPassthru)
        put(3, "serial", hvm.serial)
        put(3, "boot", hvm.boot)
        put(3, "usb", flag: hvm.usb)
        put(3, "usbdevice", hvm.usbDevice)
        put(3, "vkb_device", flag: hvm.vkbDevice)
    }

    private mutating func put(_ vnc: VNCInfo) {
        put(3, "vnc", flag: vnc.enable)
        put(3, "vnclisten", vnc.listen)
        put(3, "vncdisplay", vnc.display)
        put(3, "vncunused", flag: vnc.findUnused)
    }

    private mutating func putDevice(_ kind: String, _ fields: (inout SExpression) -> Void) {
        append("\t(device\n\t\t(\(kind)\n")
        fields(&self)
        append("\t\t)\n\t)\n")
    }

    private mutating func put(_ disk: DiskDevice) {
        putDevice("tap") { device in
            device.put(3, "backend_domid", Int32(bitPattern: disk.backendDomainID.rawValue))
            device.put(3, "frontend_domid", device.domain)
            device.put(3, "physpath", disk.physicalPath)
            device.put(3, "phystype", disk.backend.rawValue)
            device.put(3, "virtpath", disk.virtualDevice)
            device.put(3, "unpluggable", disk.isRemovable ? 1 : 0)
            device.put(3, "readwrite", disk.isWritable ? 1 : 0)
            device.put(3, "is_cdrom", disk.isCDROM ? 1 : 0)
        }
    }

    private mutating func put(_ nic: NICDevice) {
        putDevice("vif") { device in
            if let name = nic.interfaceName { device.put(3, "vifname", name) }
            device.put(3, "backend_domid", Int32(bitPattern: nic.backendDomainID.rawValue))
            device.put(3, "frontend_domid", device.domain)
            device.put(3, "devid", nic.deviceID ?? -1)
            device.put(3, "mtu", nic.mtu)
            device.put(3, "model", nic.model)
            let mac = nic.mac?.bytes ?? Array(repeating: 0, count: 6)
            device.put(3, "mac", mac.map { hexadecimal($0, width: 2) }.joined())
        }
    }

    private mutating func put(_ pci: PCIDevice) {
        putDevice("pci") { device in
            let domain = hexadecimal(UInt32(bitPattern: pci.domain), width: 4)
            let place = [pci.bus, pci.device].map { hexadecimal($0, width: 2) }.joined(separator: ":")
            let virtual = hexadecimal(pci.virtualDevfn, width: 2)
            device.put(3, "pci", "dev \(domain):\(place).\(hexadecimal(pci.function, width: 1))@\(virtual)")
            device.put(3, "opts", "msitranslate \(pci.msitranslate ? 1 : 0) power_mgmt \(pci.powerMgmt ? 1 : 0)")
        }
    }

    private mutating func put(_ framebuffer: VFBDevice) {
        putDevice("vfb") { device in
            device.put(3, "backend_domid", Int32(bitPattern: framebuffer.backendDomainID.rawValue))
            device.put(3, "frontend_domid", device.domain)
            device.put(3, "devid", framebuffer.deviceID ?? -1)
            device.put(framebuffer.vnc)
            device.put(3, "keymap", framebuffer.keymap)
            device.put(3, "sdl", flag: framebuffer.sdl.enable)
            device.put(3, "opengl", flag: framebuffer.sdl.opengl)
            device.put(3, "display", framebuffer.sdl.display)
            device.put(3, "xauthority", framebuffer.sdl.xauthority)
        }
    }
}
