import DomainModel

/// A setting that a readable configuration has in vain.
private struct VainSetting: Sendable {
    let key: String
    let reason: String
    /// Which elements of the key's list they are, nil for the whole value; empty where nothing is in vain.
    let places: @Sendable (DomainConfiguration) -> [Int?]

    init(_ key: String, _ reason: String, _ places: @escaping @Sendable (DomainConfiguration) -> [Int?]) {
        self.key = key
        self.reason = reason
        self.places = places
    }

    init(_ key: String, _ reason: String, when isSet: @escaping @Sendable (DomainConfiguration) -> Bool) {
        self.init(key, reason) { isSet($0) ? [nil] : [] }
    }

    func ranges(_ configuration: DomainConfiguration, _ settings: SettingTable) -> [SourceRange?] {
        places(configuration).map { place in
            let value = settings[key]?.value
            guard let place, case .list(let list)? = value, list.elements.indices.contains(place) else {
                return value?.range
            }
            return list.elements[place].range
        }
    }
}

/// Settings that mean something and that no x86 guest can have: `xl create` refuses them.
public enum RefusedSettings {
    private static let table: [VainSetting] = [
        VainSetting("dtdev", "only ARM guests have devices of a device tree") { !$0.dtDevices.isEmpty },
        VainSetting("virtio", "only ARM guests have such devices") { !$0.virtios.isEmpty },
        VainSetting("disk", "only ARM guests have disks with specification=virtio") { configuration in
            configuration.disks.indices.filter { configuration.disks[$0].specification == .virtio }
        },
        VainSetting("disk", "the CD drive of an HVM guest must have backendtype=qdisk") { configuration in
            guard configuration.createInfo.type == .hvm else { return [] }
            return configuration.disks.indices.filter {
                let disk = configuration.disks[$0]
                return disk.isCDROM && disk.backend != .qdisk && disk.backend != .unknown
            }
        },
        VainSetting("pci", "a PVH guest can have no PCI devices") {
            $0.createInfo.type == .pvh && !$0.pciDevices.isEmpty
        },
        VainSetting("device_model_version", "there is no qemu-xen-traditional any more") {
            $0.createInfo.type == .hvm && $0.buildInfo.deviceModelVersion == .qemuXenTraditional
        },
    ]

    /// - Parameters:
    ///   - configuration: what the document means.
    ///   - document: where the settings stand.
    public static func diagnostics(_ configuration: DomainConfiguration, document: ConfigDocument) -> [Diagnostic] {
        var scratch = DiagnosticSink(sources: document.sources)
        let settings = SettingTable(document, sink: &scratch)
        var sink = DiagnosticSink(sources: document.sources)
        for row in table {
            for range in row.ranges(configuration, settings) {
                sink.error(.refused, "\(row.key): \(row.reason)", at: range, key: row.key)
            }
        }
        return sink.sorted()
    }
}

extension DomainDraft {
    /// Settings that upstream's `xl` reads and does nothing with, whatever the host.
    private static let withoutEffect: [VainSetting] = [
        VainSetting("nx", "every HVM guest has the bit; cpuid=\"host,nx=0\" hides it") {
            $0.buildInfo.hvm?.nx == false
        },
        VainSetting("opengl", "the window of an HVM guest's device model is drawn without it") {
            $0.buildInfo.hvm?.sdl.opengl == true
        },
        VainSetting("vfb", "an HVM guest has the screen of its device model") {
            $0.createInfo.type == .hvm && !$0.vfbs.isEmpty
        },
        VainSetting("disk", "grant_usage is for disks with specification=virtio") { configuration in
            configuration.disks.indices.filter {
                configuration.disks[$0].grantUsage != nil && configuration.disks[$0].specification != .virtio
            }
        },
        VainSetting("device_model_version", "PV and PVH guests have the backends of qemu-xen") {
            $0.createInfo.type != .hvm && $0.buildInfo.deviceModelVersion == .qemuXenTraditional
        },
    ]

    mutating func reportSettingsWithoutEffect() {
        for row in Self.withoutEffect {
            for range in row.ranges(configuration, settings) {
                sink.warning(.unusedKey, "\(row.key) has no effect: \(row.reason)", at: range, key: row.key)
            }
        }
    }
}
