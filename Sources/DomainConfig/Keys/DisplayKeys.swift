import DomainModel

/// The guest's display, seen over VNC, SDL or SPICE.
let displayKeys: [ConfigKey] = [
    ConfigKey(
        "vnc", .boolean, "Show the guest's display over VNC", default: "1 for HVM, 0 for others", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.vnc.enable.map(WrittenValue.flag) }),
    ConfigKey(
        "vnclisten", .text("ADDRESS[:DISPLAY]"), "Address of the VNC server", default: "127.0.0.1", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.vnc.listen.map(WrittenValue.text) }),
    ConfigKey(
        "vncpasswd", .text("PASSWORD"), "Password for VNC", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.vnc.password.map(WrittenValue.text) }),
    ConfigKey(
        "vncdisplay", .integer(0...59635, unit: nil), "VNC display; its port is 5900 higher", default: "0",
        for: [.hvm, .pv],
        write: { $0.buildInfo.hvm.flatMap { $0.vnc.display == 0 ? nil : .number(Int64($0.vnc.display)) } }),
    ConfigKey(
        "vncunused", .boolean, "Take the next free display if this one is used", default: "1", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.vnc.findUnused.map(WrittenValue.flag) }),
    ConfigKey(
        "vncviewer", .boolean, "Start a VNC viewer", .ignored("use the option -V of \"xl create\"")),
    ConfigKey(
        "sdl", .boolean, "Show the guest's display in a window", default: "0", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.sdl.enable.map(WrittenValue.flag) }),
    ConfigKey(
        "opengl", .boolean, "Use OpenGL in that window; without effect on HVM guests", default: "0", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.sdl.opengl.map(WrittenValue.flag) }),
    ConfigKey(
        "display", .text("DISPLAY"), "X display for that window", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.sdl.display.map(WrittenValue.text) }),
    ConfigKey(
        "xauthority", .text("PATH"), "X authority file for that window", for: [.hvm, .pv],
        write: { $0.buildInfo.hvm?.sdl.xauthority.map(WrittenValue.text) }),
    ConfigKey(
        "keymap", .text("LANGUAGE"), "Keyboard layout of VNC clients, as QEMU names it", default: "en-us",
        for: [.hvm, .pv], write: { $0.buildInfo.hvm?.keymap.map(WrittenValue.text) }),
    ConfigKey(
        "vga", .choice(["stdvga", "cirrus", "none", "qxl"]), "The emulated graphics card", default: "cirrus", for: .hvm,
        readFor: .hvm,
        write: { $0.buildInfo.hvm.flatMap { $0.vga.kind == .std ? .text("stdvga") : .choice($0.vga.kind) } }),
    ConfigKey(
        "stdvga", .boolean, "Emulate a standard VGA card", default: "0", for: .hvm, readFor: .hvm,
        .deprecated("write vga=\"stdvga\" instead")),
    .mebibytes(
        "videoram", \.buildInfo.videoMemKB, "Memory of the graphics card",
        default: "8 for cirrus, 16 for stdvga, 128 for qxl", for: .hvm),
    .hvmFlag("nographic", \.noGraphic, "No graphical output at all", default: "0"),
    ConfigKey(
        "gfx_passthru", .choiceOrInteger(GraphicsPassthroughKind.choices, KeyForm.cInt),
        "Make a graphics card that is passed through the primary one; 1 looks for Intel's own, \"igd\"",
        default: "0", for: .hvm,
        readFor: .hvm,
        write: {
            guard let hvm = $0.buildInfo.hvm else { return nil }
            return hvm.gfxPassthruKind == .default
                ? hvm.gfxPassthru.map(WrittenValue.flag) : .text(hvm.gfxPassthruKind.name)
        }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        if let number = try? CNumber(text.bytes[...], base: 0), number.end == text.bytes.count {
            draft.configuration.buildInfo.hvm?.gfxPassthru = number.magnitude != 0
        } else if let kind = GraphicsPassthroughKind(name: text.string) {
            draft.configuration.buildInfo.hvm?.gfxPassthruKind = kind
            draft.configuration.buildInfo.hvm?.gfxPassthru = true
        } else {
            draft.reportChoice(text, key)
        }
    },
    .hvmFlag("spice", \.spice.enable, "Show the guest's display over SPICE", default: "0"),
    .hvmInteger("spiceport", \.spice.port, 0...65535, "Port of the SPICE server"),
    .hvmInteger("spicetls_port", \.spice.tlsPort, 0...65535, "Encrypted port of the SPICE server"),
    .hvmText("spicehost", \.spice.host, "ADDRESS", "Address of the SPICE server", default: "any"),
    .hvmFlag("spicedisable_ticketing", \.spice.disableTicketing, "Let clients connect without password", default: "0"),
    .hvmText("spicepasswd", \.spice.password, "PASSWORD", "Password for SPICE"),
    .hvmFlag("spiceagent_mouse", \.spice.agentMouse, "Send mouse events through the guest's agent", default: "1"),
    .hvmFlag("spicevdagent", \.spice.vdAgent, "A channel for the guest's SPICE agent", default: "0"),
    .hvmFlag("spice_clipboard_sharing", \.spice.clipboardSharing, "Share the clipboard with clients", default: "0"),
    .hvmInteger(
        "spiceusbredirection", \.spice.usbRedirection, 0...4, "Channels for clients' USB devices", default: "0"),
    .hvmText(
        "spice_image_compression", \.spice.imageCompression, "METHOD", "Compression of images, as QEMU names it",
        default: "QEMU's own"),
    .hvmText(
        "spice_streaming_video", \.spice.streamingVideo, "METHOD", "Detection of video, as QEMU names it",
        default: "QEMU's own"),
]
