import DomainModel

/// Settings that mean something and that no x86 guest can have: `xl create` refuses them.
public enum RefusedSettings {
    private struct Row: Sendable {
        let key: String
        let reason: String
        /// Which elements of the key's list they are, nil for the whole value; empty where nothing is refused.
        let places: @Sendable (DomainConfiguration) -> [Int?]

        init(_ key: String, _ reason: String, _ places: @escaping @Sendable (DomainConfiguration) -> [Int?]) {
            self.key = key
            self.reason = reason
            self.places = places
        }
    }

    private static let table: [Row] = [
        Row("dtdev", "only ARM guests have devices of a device tree") { $0.dtDevices.isEmpty ? [] : [nil] },
        Row("virtio", "only ARM guests have such devices") { $0.virtios.isEmpty ? [] : [nil] },
        Row("disk", "only ARM guests have disks with specification=virtio") { configuration in
            configuration.disks.indices.filter { configuration.disks[$0].specification == .virtio }
        },
        Row("device_model_version", "there is no qemu-xen-traditional any more") {
            $0.createInfo.type == .hvm && $0.buildInfo.deviceModelVersion == .qemuXenTraditional ? [nil] : []
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
            for place in row.places(configuration) {
                var range = settings[row.key]?.value.range
                if let place, case .list(let list)? = settings[row.key]?.value, list.elements.indices.contains(place) {
                    range = list.elements[place].range
                }
                sink.error(.refused, "\(row.key): \(row.reason)", at: range, key: row.key)
            }
        }
        return sink.sorted()
    }
}
