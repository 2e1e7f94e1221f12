import DomainModel

/// Framebuffers: `vfb` in `xl.cfg`.
public enum VFBSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: VFBDevice) throws(SpecError) -> ParsedSpec<VFBDevice> {
        try list.parse(SpecText(bytes), into: device)
    }

    public static func text(for device: VFBDevice) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<VFBDevice>(
        key: "vfb", ignoresUnknown: true, ignoresBlanks: true, endsAtWord: true,
        rows: [
            .boolean("vnc", \.vnc.enable, base: 10, "show the screen over VNC"),
            .text("vnclisten", \.vnc.listen, "ADDRESS[:DISPLAY]", "address at which VNC listens"),
            .text("vncpasswd", \.vnc.password, "PASSWORD", "password for VNC"),
            .number("vncdisplay", \.vnc.display, base: 10, in: 0...Int32.max, "number of the VNC display"),
            .boolean("vncunused", \.vnc.findUnused, base: 10, "take the next free VNC display"),
            .text("keymap", \.keymap, "LANGUAGE", "keyboard layout"),
            .boolean("sdl", \.sdl.enable, base: 10, "show the screen in a window"),
            .boolean("opengl", \.sdl.opengl, base: 10, "draw that window with OpenGL"),
            .text("display", \.sdl.display, "DISPLAY", "X display for that window"),
            .text("xauthority", \.sdl.xauthority, "PATH", "file with the key to that display"),
        ])
}

/// Keyboards and pointers: `vkb` in `xl.cfg` and the words of `xl vkb-attach`.
public enum VKBSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: VKBDevice) throws(SpecError) -> ParsedSpec<VKBDevice> {
        let text = SpecText(bytes)
        return try complete(try list.parse(text, into: device), text)
    }

    /// Reads words of a command line, each one parameter.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<VKBDevice> {
        try complete(try list.parse(words: words, into: VKBDevice()), SpecText([]))
    }

    public static func text(for device: VKBDevice) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static func complete(
        _ spec: ParsedSpec<VKBDevice>, _ text: SpecText
    ) throws(SpecError) -> ParsedSpec<VKBDevice> {
        var spec = spec
        guard spec.value.backendType != .unknown else {
            throw text.error(
                .missingParameter, "vkb: backend-type is missing", at: text.wholeRange,
                expected: "backend-type=qemu or backend-type=linux")
        }
        let hasSize =
            spec.value.multiTouchWidth != 0 || spec.value.multiTouchHeight != 0 || spec.value.multiTouchNumContacts != 0
        guard hasSize || !spec.value.featureMultiTouch else {
            throw text.error(
                .missingParameter, "vkb: feature-multi-touch needs the size of the surface", at: text.wholeRange,
                expected: "multi-touch-width, multi-touch-height and multi-touch-num-contacts")
        }
        if hasSize { spec.value.featureMultiTouch = true }
        return spec
    }

    private static let list = ParameterList<VKBDevice>(
        key: "vkb",
        rows: [
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the devices"),
            .choice("backend-type", \.backendType, "what in the backend serves them; required"),
            .text("unique-id", \.uniqueID, "ID", "name by which the backend knows them"),
            .boolean("feature-disable-keyboard", \.featureDisableKeyboard, "no keyboard"),
            .boolean("feature-disable-pointer", \.featureDisablePointer, "no pointer"),
            .boolean("feature-abs-pointer", \.featureAbsPointer, "the pointer reports places, not movements"),
            .boolean("feature-raw-pointer", \.featureRawPointer, "such places are not scaled to the screen"),
            .boolean("feature-multi-touch", \.featureMultiTouch, "a surface for several fingers"),
            size("multi-touch-width", \.multiTouchWidth, "width of that surface"),
            size("multi-touch-height", \.multiTouchHeight, "height of that surface"),
            size("multi-touch-num-contacts", \.multiTouchNumContacts, "fingers at once"),
            size("width", \.width, "width of the area of places"), size("height", \.height, "height of that area"),
        ])

    private static func size(
        _ name: String, _ path: SpecRow<VKBDevice>.Path<UInt32>, _ summary: String
    ) -> SpecRow<VKBDevice> {
        .number(name, path, base: 0, in: 0...UInt32.max, summary)
    }
}

/// Paravirtual displays: `vdispl` in `xl.cfg` and the words of `xl vdispl-attach`.
public enum VDisplSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: VDisplDevice) throws(SpecError) -> ParsedSpec<VDisplDevice> {
        let text = SpecText(bytes)
        return try checked(try list.parse(text, into: device), text)
    }

    /// Reads words of a command line, each one parameter.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<VDisplDevice> {
        try checked(try list.parse(words: words, into: VDisplDevice()), SpecText([]))
    }

    public static func text(for device: VDisplDevice) throws(SpecError) -> String {
        let separators = [UInt8(ascii: ":"), UInt8(ascii: ";")]
        for connector in device.connectors where connector.uniqueID?.utf8.contains(where: separators.contains) ?? true {
            throw SpecError(.inexpressible, "vdispl: a connector's name cannot be written", at: 0..<0)
        }
        return try list.words(for: device).joined(separator: ",")
    }

    private static func checked(
        _ spec: ParsedSpec<VDisplDevice>, _ text: SpecText
    ) throws(SpecError) -> ParsedSpec<VDisplDevice> {
        guard !spec.value.connectors.isEmpty else {
            throw text.error(
                .missingParameter, "vdispl: there is no connector", at: text.wholeRange,
                expected: "connectors=ID:WIDTHxHEIGHT")
        }
        return spec
    }

    private static let list = ParameterList<VDisplDevice>(
        key: "vdispl",
        rows: [
            .text("backend", \.backendDomainName, "DOMAIN", "domain that serves the display"),
            .boolean("be-alloc", \.backendAllocates, "the backend provides the memory of images"),
            SpecRow(
                SpecParameter("connectors", .text("ID:WIDTHxHEIGHT[;…]"), "the display's connectors and their sizes"),
                read: { (display: inout VDisplDevice, value: SpecValue) throws(SpecError) in
                    display.connectors = []
                    for part in value.text.parts(of: value.range, separator: UInt8(ascii: ";")) {
                        display.connectors.append(try connector(value, at: part))
                    }
                },
                write: { display in
                    display.connectors.isEmpty
                        ? nil
                        : display.connectors.map { "\($0.uniqueID ?? ""):\($0.width)x\($0.height)" }
                            .joined(separator: ";")
                }),
        ])

    private static func connector(_ value: SpecValue, at range: Range<Int>) throws(SpecError) -> DisplayConnector {
        guard let (name, size) = value.text.pair(range, separator: UInt8(ascii: ":")), !name.isEmpty,
            let (width, height) = value.text.pair(size, separator: UInt8(ascii: "x"))
        else { throw value.error(.syntax, "\"\(value.text.string(range))\" is not a connector") }
        var connector = DisplayConnector()
        connector.uniqueID = value.text.string(name)
        connector.width = try value.part(width).number(base: 10, in: 0...UInt32.max)
        connector.height = try value.part(height).number(base: 10, in: 0...UInt32.max)
        return connector
    }
}
