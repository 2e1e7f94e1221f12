import DomainModel

/// The defaults of HVM guests, and which of their settings go together.
extension ConfigurationDefaults {
    mutating func completeHVM() throws(ToolstackError) {
        guard var hvm = build.hvm else { return }
        try chooseBIOS(&hvm)
        guard build.kernel != nil || (build.ramdisk == nil && build.commandLine == nil) else {
            throw Self.invalid("a ramdisk or command line is set, but no kernel", remedy: "set kernel as well")
        }
        completeStubdomain()
        hvm.mmioHoleMemKB = hvm.mmioHoleMemKB ?? 0
        if hvm.vga.kind == .unknown { hvm.vga.kind = .cirrus }
        try completeVideoMemory(hvm.vga.kind)
        completeHVMSwitches(&hvm)
        try completeUSB(&hvm)
        completeDisplays(&hvm)
        hvm.boot = hvm.boot ?? "cda"
        if hvm.rdm.policy == .invalid { hvm.rdm.policy = .relaxed }
        // 2 GiB, LIBXL_RDM_MEM_BOUNDARY_MEMKB_DEFAULT.
        hvm.rdmMemBoundaryMemKB = hvm.rdmMemBoundaryMemKB ?? 2 << 20
        build.hvm = hvm
    }

    private mutating func chooseBIOS(_ hvm: inout HVMBuildInfo) throws(ToolstackError) {
        let isTraditional = build.deviceModelVersion == .qemuXenTraditional
        if hvm.bios == .unknown { hvm.bios = isTraditional ? .rombios : .seabios }
        guard isTraditional == (hvm.bios == .rombios) else {
            throw Self.invalid(
                isTraditional
                    ? "qemu-xen-traditional works with bios=\"rombios\" only"
                    : "qemu-xen does not work with bios=\"rombios\"")
        }
    }

    private mutating func completeStubdomain() {
        guard build.deviceModelStubdomain == true else { return }
        let isLinux = build.deviceModelVersion == .qemuXen
        if build.stubdomainKernel == nil {
            build.stubdomainKernel =
                host.firmware.appending(isLinux ? "qemu-stubdom-linux-kernel" : "ioemu-stubdom.gz").string
        }
        if build.stubdomainRamdisk == nil, isLinux {
            build.stubdomainRamdisk = host.firmware.appending("qemu-stubdom-linux-rootfs").string
        }
    }

    private mutating func completeVideoMemory(_ kind: VGAInterfaceType) throws(ToolstackError) {
        let isTraditional = build.deviceModelVersion == .qemuXenTraditional
        if isTraditional, kind == .qxl { throw Self.invalid("vga=\"qxl\" needs qemu-xen") }
        // In MiB: what is chosen, and the least that is accepted.
        let (initial, least): (UInt64, UInt64) =
            switch (kind, isTraditional) {
            case (.none, _): (0, 0)
            case (.qxl, _): (128, 128)
            case (.std, false): (16, 16)
            case (.std, true): (8, 8)
            case (_, false): (8, 8)
            case (_, true): (4, 0)
            }
        let size = build.videoMemKB ?? initial << 10
        guard size >= least << 10 else {
            throw Self.invalid("videoram must be at least \(least) MiB for vga=\"\(kind.name)\"")
        }
        if isTraditional, kind == .cirrus, size != initial << 10 {
            warnings.append("videoram has no effect: a Cirrus card of qemu-xen-traditional has 4 MiB")
        }
        build.videoMemKB = size
    }

    private func completeHVMSwitches(_ hvm: inout HVMBuildInfo) {
        let switches: [(WritableKeyPath<HVMBuildInfo, Bool?>, Bool)] = [
            (\.pae, true), (\.acpi, true), (\.acpiS3, true), (\.acpiS4, true), (\.acpiLaptopSlate, false),
            (\.nx, true), (\.viridian, false), (\.hpet, true), (\.vptAlign, true), (\.altp2m, false),
            (\.usb, false), (\.vkbDevice, true), (\.xenPlatformPCI, true), (\.noGraphic, false),
            (\.gfxPassthru, false), (\.pirq, !host.release.leavesOutPIRQs), (\.xenPlatformPCIBARUC, true),
        ]
        for (path, value) in switches where hvm[keyPath: path] == nil { hvm[keyPath: path] = value }
    }

    private mutating func completeUSB(_ hvm: inout HVMBuildInfo) throws(ToolstackError) {
        hvm.spice.enable = hvm.spice.enable ?? false
        if hvm.spice.enable == false, hvm.spice.usbRedirection > 0 {
            hvm.spice.usbRedirection = 0
            warnings.append("usbredirection has no effect without spice")
        }
        if hvm.usbVersion == 0, hvm.spice.usbRedirection > 0 { hvm.usbVersion = 2 }
        let hasController = hvm.usbVersion != 0 || hvm.spice.usbRedirection != 0
        guard !hasController || (hvm.usb != true && hvm.usbDeviceList.isEmpty && hvm.usbDevice == nil) else {
            throw Self.invalid("usbversion and usbredirection exclude usb and usbdevice")
        }
    }

    private func completeDisplays(_ hvm: inout HVMBuildInfo) {
        hvm.vnc.enable = hvm.vnc.enable ?? true
        if hvm.vnc.enable == true {
            hvm.vnc.findUnused = hvm.vnc.findUnused ?? true
            hvm.vnc.listen = hvm.vnc.listen ?? "127.0.0.1"
        }
        hvm.sdl.enable = hvm.sdl.enable ?? false
        if hvm.sdl.enable == true { hvm.sdl.opengl = hvm.sdl.opengl ?? false }
        if hvm.spice.enable == true {
            hvm.spice.disableTicketing = hvm.spice.disableTicketing ?? false
            hvm.spice.agentMouse = hvm.spice.agentMouse ?? true
            hvm.spice.vdAgent = hvm.spice.vdAgent ?? false
            hvm.spice.clipboardSharing = hvm.spice.clipboardSharing ?? false
        }
    }
}
