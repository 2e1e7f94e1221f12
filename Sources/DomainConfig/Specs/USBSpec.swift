import DomainModel

/// USB controllers: `usbctrl` in `xl.cfg` and the words of `xl usbctrl-attach`.
public enum USBControllerSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(
        bytes: [UInt8], into device: USBController
    ) throws(SpecError) -> ParsedSpec<USBController> {
        try list.parse(SpecText(bytes), into: device)
    }

    /// Reads words of a command line, each one parameter.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<USBController> {
        try list.parse(words: words, into: USBController())
    }

    public static func text(for device: USBController) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    private static let list = ParameterList<USBController>(
        key: "usbctrl",
        rows: [
            .choice("type", \.type, "what serves the controller"),
            .number("version", \.version, base: 10, in: 0...Int32.max, "version of USB: 1, 2 or 3"),
            .number("ports", \.ports, base: 10, in: 0...Int32.max, "number of ports"),
        ])
}

/// Devices of the host's USB: `usbdev` in `xl.cfg` and the words of `xl usbdev-attach`.
public enum USBDeviceSpec: DeviceSpec {
    public static var grammar: SpecGrammar { list.grammar }

    public static func parse(bytes: [UInt8], into device: USBDevice) throws(SpecError) -> ParsedSpec<USBDevice> {
        complete(try list.parse(SpecText(bytes), into: device))
    }

    /// Reads words of a command line, each one parameter.
    public static func parse(words: [String]) throws(SpecError) -> ParsedSpec<USBDevice> {
        complete(try list.parse(words: words, into: USBDevice()))
    }

    public static func text(for device: USBDevice) throws(SpecError) -> String {
        try list.words(for: device).joined(separator: ",")
    }

    /// A device is one of the host, whether or not its only type is written.
    private static func complete(_ spec: ParsedSpec<USBDevice>) -> ParsedSpec<USBDevice> {
        var spec = spec
        if spec.value.hostDevice == nil { spec.value.hostDevice = USBHostDevice() }
        return spec
    }

    private static let types = USBDeviceType.names.map { (word: $0.value, value: $0.key) }

    private static let list = ParameterList<USBDevice>(
        key: "usbdev",
        rows: [
            SpecRow(
                SpecParameter("type", .choice(types.map(\.word)), "kind of device"),
                read: { (device: inout USBDevice, value: SpecValue) throws(SpecError) in
                    _ = try value.choice(types, ignoringCase: true)
                    if device.hostDevice == nil { device.hostDevice = USBHostDevice() }
                },
                write: { $0.hostDevice == nil ? nil : USBDeviceType.hostdev.name }),
            hostNumber("hostbus", \.hostBus, "the host's bus that the device is on"),
            hostNumber("hostaddr", \.hostAddress, "the device's address on that bus"),
            .number("controller", \.controllerID, base: 10, "number of the guest's controller"),
            .number("port", \.port, base: 10, in: 0...Int32.max, "port of that controller"),
        ])

    private static func hostNumber(
        _ name: String, _ path: WritableKeyPath<USBHostDevice, UInt8> & Sendable, _ summary: String
    ) -> SpecRow<USBDevice> {
        SpecRow(
            SpecParameter(name, .number(0...255), summary),
            read: { (device: inout USBDevice, value: SpecValue) throws(SpecError) in
                var host = device.hostDevice ?? USBHostDevice()
                // Kept also where a number is bent.
                defer { device.hostDevice = host }
                try value.looseNumber(base: 0, in: 0...UInt8.max) { host[keyPath: path] = $0 }
            },
            write: { device in
                device.hostDevice.flatMap { $0[keyPath: path] == 0 ? nil : String($0[keyPath: path]) }
            })
    }
}
