import DomainModel

extension DomainDraft {
    /// The device lists, in the order of libxl's `domain_config`.
    mutating func readDevices() {
        configuration.disks = devices("disk", DiskSpec.self) { _ in DiskDevice() }
        let nic = defaultNIC
        configuration.nics = devices("vif", VIFSpec.self) { Self.numbered(nic, \.deviceID, $0) }
    }

    /// Reads each element of a list with a device grammar; faulty ones are reported and left out.
    ///
    /// - Parameter initial: what holds where an element says nothing, by the element's position.
    private mutating func devices<Spec: DeviceSpec>(
        _ name: String, _ spec: Spec.Type, initial: (Int) -> Spec.Device
    ) -> [Spec.Device] {
        guard let (value, key) = setting(name), let texts = texts(value, key) else { return [] }
        var devices: [Spec.Device] = []
        devices.reserveCapacity(texts.count)
        for (index, text) in texts.enumerated() {
            do throws(SpecError) {
                devices.append(take(try Spec.parse(bytes: text.bytes, into: initial(index)), of: text, key))
            } catch {
                report(error, .error, in: text, key)
            }
        }
        return devices
    }

    /// The value, with its warnings reported.
    mutating func take<Value>(_ parsed: ParsedSpec<Value>, of text: ConfigText, _ key: ConfigKey) -> Value {
        for warning in parsed.warnings { report(warning, .warning, in: text, key) }
        return parsed.value
    }

    mutating func report(_ fault: SpecError, _ severity: Diagnostic.Severity, in text: ConfigText, _ key: ConfigKey) {
        let range = fault.range.isEmpty ? text.range : text.sourceRange(fault.range)
        let prefix = fault.message.hasPrefix(key.name + ":") ? "" : key.name + ": "
        if severity == .error {
            sink.error(
                fault.kind.code, prefix + fault.message, at: range, expected: fault.expected,
                suggestion: fault.suggestion, key: key.name)
        } else {
            sink.warning(
                fault.kind.code, prefix + fault.message, at: range, expected: fault.expected,
                suggestion: fault.suggestion, key: key.name)
        }
    }

    private static func numbered<Device>(_ device: Device, _ place: WritableKeyPath<Device, Int32?>, _ index: Int)
        -> Device
    {
        var device = device
        device[keyPath: place] = Int32(clamping: index)
        return device
    }

    /// A network card with what `xl.conf` says of all of them.
    private var defaultNIC: NICDevice {
        var nic = NICDevice()
        nic.script = environment.global.vifScript
        nic.bridge = environment.global.vifBridge
        nic.gatewayDevice = environment.global.vifGatewayDevice
        nic.backendDomainName = environment.global.vifBackend
        return nic
    }
}

extension SpecError.Kind {
    var code: DiagnosticCode {
        switch self {
        case .syntax, .unknownParameter, .missingParameter, .repeated, .inexpressible: .invalidSpec
        case .invalidValue: .invalidValue
        case .notANumber: .notANumber
        case .outOfRange: .outOfRange
        case .conflict: .conflict
        case .deprecated: .deprecated
        case .ignored: .ignored
        }
    }
}
