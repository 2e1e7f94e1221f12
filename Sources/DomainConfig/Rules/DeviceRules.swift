import DomainModel

extension DomainDraft {
    /// The device lists, in the order of libxl's `domain_config`.
    mutating func readDevices() {
        readPassthrough()
        configuration.disks = devices("disk", DiskSpec.self) { _ in DiskDevice() }
        configuration.p9s = devices("p9", P9Spec.self) { _ in P9Device() }
        for index in configuration.p9s.indices where configuration.p9s[index].type == .xen9pfsd {
            let place = "/var/log/xen/guests/\(configuration.createInfo.name ?? "")"
            configuration.p9s[index].path = configuration.p9s[index].path ?? place
        }
        configuration.vtpms = devices("vtpm", VTPMSpec.self) { Self.numbered(VTPMDevice(), \.deviceID, $0) }
        configuration.vdispls = devices("vdispl", VDisplSpec.self) { Self.numbered(VDisplDevice(), \.deviceID, $0) }
        configuration.pvcallsInterfaces = devices("pvcalls", PVCallsSpec.self) {
            Self.numbered(PVCallsDevice(), \.deviceID, $0)
        }
        configuration.channels = devices("channel", ChannelSpec.self) {
            Self.numbered(ChannelDevice(), \.deviceID, $0)
        }
        let nic = environment.global.networkCard
        configuration.nics = devices("vif", VIFSpec.self) { Self.numbered(nic, \.deviceID, $0) }
        configuration.vfbs = devices("vfb", VFBSpec.self) { Self.numbered(VFBDevice(), \.deviceID, $0) }
        // Every display comes with a keyboard; those of vkb= follow.
        let keyboards = configuration.vfbs.count
        configuration.vkbs = (0..<keyboards).map { Self.numbered(VKBDevice(), \.deviceID, $0) }
        configuration.vkbs += devices("vkb", VKBSpec.self) {
            Self.numbered(VKBDevice(), \.deviceID, keyboards + $0)
        }
        configuration.usbControllers = devices("usbctrl", USBControllerSpec.self) {
            Self.numbered(USBController(), \.deviceID, $0)
        }
        configuration.usbDevices = devices("usbdev", USBDeviceSpec.self) { _ in USBDevice() }
        configuration.virtios = devices("virtio", VirtIOSpec.self) { Self.numbered(VirtIODevice(), \.deviceID, $0) }
        readSoundCards()
    }

    /// `rdm=` and `pci=`: a device follows the guest's policy unless it says otherwise.
    private mutating func readPassthrough() {
        if let (value, key) = setting("rdm"), let text = atom(value, key) {
            do throws(SpecError) {
                let reserve = take(try RDMSpec.parse(bytes: text.bytes, into: RDMReserve()), of: text, key)
                configuration.buildInfo.hvm?.rdm = reserve
            } catch {
                // Upstream's xl goes on without what it cannot read here.
                for fault in error.all { report(fault.tolerated(.ignored), .warning, in: text, key) }
            }
        }
        var device = PCIDevice()
        device.msitranslate = boolean("pci_msitranslate") ?? false
        device.powerMgmt = boolean("pci_power_mgmt") ?? false
        device.permissive = boolean("pci_permissive") ?? false
        device.seize = boolean("pci_seize") ?? false
        // Guests without the policy have what the zeroed memory of libxl's union says.
        device.rdmPolicy = configuration.buildInfo.hvm?.rdm.policy ?? .strict
        configuration.pciDevices = devices("pci", PCISpec.self) { _ in device }
        if !configuration.pciDevices.isEmpty { configuration.buildInfo.pv?.e820Host = true }
    }

    /// `vsnd=`: a list of cards, each a list of items.
    private mutating func readSoundCards() {
        guard let (value, key) = setting("vsnd") else { return }
        guard case .list(let cards) = value else {
            return sink.tolerated(
                .ignored, .wrongType, "vsnd is a single value", at: value.range, expected: key.form.expectation,
                key: key.name)
        }
        for (index, card) in cards.elements.enumerated() where !sink.isOverfull {
            guard case .list(let list) = card else {
                sink.error(
                    .wrongType, "vsnd: a card is a list of items", at: card.range, expected: "[ 'card,…', … ]",
                    key: key.name)
                continue
            }
            let items = elements(list, key)
            let initial = Self.numbered(VSndDevice(), \.deviceID, index)
            do throws(SpecError) {
                let parsed = try VSndSpec.parse(items: items.map(\.bytes), into: initial)
                for warning in parsed.warnings where items.indices.contains(warning.word) {
                    report(warning, .warning, in: items[warning.word], key)
                }
                configuration.vsnds.append(parsed.value)
            } catch {
                report(error, in: items, key, card.range)
            }
        }
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
        for (index, text) in texts.enumerated() where !sink.isOverfull {
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

    /// Reports faults of several texts, of which `SpecError.word` chooses one.
    mutating func report(_ faults: SpecError, in texts: [ConfigText], _ key: ConfigKey, _ place: SourceRange) {
        for fault in faults.all {
            report(one: fault, .error, in: texts.indices.contains(fault.word) ? texts[fault.word] : nil, key, place)
        }
    }

    /// Reports faults where they stand in a text.
    mutating func report(
        _ faults: SpecError, _ severity: Diagnostic.Severity, in text: ConfigText, _ key: ConfigKey
    ) {
        for fault in faults.all { report(one: fault, severity, in: text, key) }
    }

    private mutating func report(
        one fault: SpecError, _ severity: Diagnostic.Severity, in text: ConfigText?, _ key: ConfigKey,
        _ place: SourceRange? = nil
    ) {
        let range = text.map { fault.range.isEmpty ? $0.range : $0.sourceRange(fault.range) } ?? place
        let namesKey = fault.message.hasPrefix(key.name + ":") || fault.message.hasSuffix(" in \(key.name)")
        let prefix = namesKey ? "" : key.name + ": "
        sink.report(
            fault.upstream == nil ? severity : .warning, fault.kind.code, prefix + fault.message, at: range,
            expected: fault.expected,
            suggestion: fault.suggestion, key: key.name, upstream: fault.upstream)
    }

    private static func numbered<Device>(_ device: Device, _ place: WritableKeyPath<Device, Int32?>, _ index: Int)
        -> Device
    {
        var device = device
        device[keyPath: place] = Int32(clamping: index)
        return device
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
