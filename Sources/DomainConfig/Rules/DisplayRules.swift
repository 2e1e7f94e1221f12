import DomainModel

extension DomainDraft {
    /// `vnc=`, `sdl=` and their like: of the emulated card for HVM, of a paravirtual display for PV.
    mutating func readDisplay() {
        if guest == .hvm {
            readVideoCard()
            if var hvm = configuration.buildInfo.hvm {
                hvm.vnc = vnc(hvm.vnc)
                hvm.sdl = sdl(hvm.sdl)
                hvm.keymap = text("keymap")
                configuration.buildInfo.hvm = hvm
            }
            checkDisplayNumber()
        } else if guest == .pv, configuration.vfbs.isEmpty, boolean("vnc") == true {
            var display = VFBDevice()
            display.deviceID = 0
            display.vnc = vnc(display.vnc)
            display.sdl = sdl(display.sdl)
            display.keymap = text("keymap")
            configuration.vfbs = [display]
            // Every display comes with a keyboard; those of vkb= follow.
            configuration.vkbs.insert(VKBDevice(), at: 0)
            for index in configuration.vkbs.indices { configuration.vkbs[index].deviceID = Int32(index) }
        }
    }

    private mutating func readVideoCard() {
        let words: [String: VGAInterfaceType] = ["stdvga": .std, "cirrus": .cirrus, "none": .none, "qxl": .qxl]
        if let (value, key) = setting("vga"), let text = atom(value, key) {
            guard let kind = words[text.string] else { return reportChoice(text, key) }
            configuration.buildInfo.hvm?.vga.kind = kind
        } else if let isStandard = boolean("stdvga") {
            configuration.buildInfo.hvm?.vga.kind = isStandard ? .std : .cirrus
        }
    }

    private mutating func vnc(_ initial: VNCInfo) -> VNCInfo {
        var info = initial
        info.enable = boolean("vnc")
        info.listen = text("vnclisten")
        info.password = text("vncpasswd")
        info.display = Int32(clamping: integer("vncdisplay") ?? 0)
        info.findUnused = boolean("vncunused")
        return info
    }

    private mutating func sdl(_ initial: SDLInfo) -> SDLInfo {
        var info = initial
        info.enable = boolean("sdl")
        info.opengl = boolean("opengl")
        info.display = text("display")
        info.xauthority = text("xauthority")
        return info
    }

    private mutating func checkDisplayNumber() {
        guard let vnc = configuration.buildInfo.hvm?.vnc, vnc.display != 0, vnc.listen?.contains(":") == true else {
            return
        }
        sink.error(
            .conflict, "the display is given in vnclisten and in vncdisplay", at: settings["vncdisplay"]?.nameRange,
            expected: "one of them", key: "vncdisplay")
    }
}
