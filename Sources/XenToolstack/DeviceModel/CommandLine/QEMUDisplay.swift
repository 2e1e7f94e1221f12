import DomainModel

/// What the guest shows, and where.
enum QEMUDisplay {
    static func vnc(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard !setup.isStubdomain else { return [] }
        // Without it, QEMU would start a server of its own accord.
        guard let vnc = setup.vnc else { return ["-vnc", "none"] }
        let listen = vnc.listen ?? "127.0.0.1"
        let isComplete = listen.contains(":")
        guard !isComplete || vnc.display == 0 else {
            throw setup.refusal(
                "vnclisten=\(listen) names a display, and so does vncdisplay", remedy: "remove one of them")
        }
        var option = isComplete ? listen : "\(listen):\(vnc.display)"
        if vnc.password?.isEmpty == false { option += ",password=on" }
        // How many displays QEMU may try; it must be the last option.
        if vnc.findUnused == true { option += ",to=99" }
        return ["-vnc", option]
    }

    static func display(_ setup: QEMUSetup) -> [String] {
        let isShown = setup.sdl != nil && !setup.isStubdomain
        return ["-display", "none"] + (isShown ? ["-display", "sdl"] : [])
    }

    static func noGraphics(_ setup: QEMUSetup) -> [String] {
        guard setup.vnc == nil, setup.sdl == nil else { return [] }
        return setup.hvm == nil || setup.hvm?.noGraphic == true ? ["-nographic"] : []
    }

    static func card(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        let size = setup.info.videoMemKB ?? 0
        switch setup.hvm?.vga.kind {
        case .std: return ["-device", "VGA,vgamem_mb=\(QEMUMachine.megabytes(size))"]
        case .cirrus: return ["-device", "cirrus-vga,vgamem_mb=\(QEMUMachine.megabytes(size))"]
        // It has two memories, which share what is configured.
        case .qxl: return ["-device", "qxl-vga,vram_size_mb=\(size / 2 / 1024),ram_size_mb=\(size / 2 / 1024)"]
        case nil, .some(.none): return []
        case .unknown: throw setup.refusal("no graphics card is chosen", remedy: "set vga=")
        }
    }
}

/// The SPICE server and what belongs to it.
enum QEMUSpice {
    static func arguments(_ setup: QEMUSetup) throws(ToolstackError) -> [String] {
        guard let spice = setup.hvm?.spice, spice.enable == true, !setup.isStubdomain else { return [] }
        let agent = [
            "-device", "virtio-serial", "-chardev", "spicevmc,id=vdagent,name=vdagent",
            "-device", "virtserialport,chardev=vdagent,name=com.redhat.spice.0",
        ]
        let options = try options(spice, setup)
        let text = options.map { "\($0.name)=\($0.value.asOptionValue)" }.joined(separator: ",")
        return ["-spice", text] + (spice.vdAgent == true ? agent : [])
    }

    private static func options(
        _ spice: SpiceInfo, _ setup: QEMUSetup
    ) throws(ToolstackError) -> [(name: String, value: String)] {
        guard spice.port != 0 || spice.tlsPort != 0 else {
            throw setup.refusal("SPICE has no port", remedy: "set spiceport or spicetls_port")
        }
        let isOpen = spice.disableTicketing == true
        guard isOpen || spice.password?.isEmpty == false else {
            throw setup.refusal("SPICE has no password", remedy: "set spicepasswd, or spicedisable_ticketing=1")
        }
        let rows: [(String, String?)] = [
            ("port", "\(spice.port)"), ("tls-port", "\(spice.tlsPort)"), ("addr", spice.host),
            isOpen ? ("disable-ticketing", "on") : ("password", spice.password),
            ("agent-mouse", spice.agentMouse == true ? "on" : "off"),
            ("disable-copy-paste", spice.clipboardSharing == true ? nil : "on"),
            ("image-compression", spice.imageCompression), ("streaming-video", spice.streamingVideo),
        ]
        return rows.compactMap { name, value in value.map { (name, $0) } }
    }
}
