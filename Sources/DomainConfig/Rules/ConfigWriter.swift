import DomainModel

/// Writes domains as configurations.
public enum ConfigWriter {
    /// A configuration that means this domain, with no key that can be left out.
    ///
    /// - Returns: the text, and what the language has no way to say.
    public static func text(for configuration: DomainConfiguration) -> (text: String, omissions: [String]) {
        let lines = settings(for: configuration).map { "\($0.key.name) = \($0.value.source)\n" }
        return (lines.joined(), omissions(configuration))
    }

    /// The keys that make the domain, in the table's order.
    public static func settings(for configuration: DomainConfiguration) -> [(key: ConfigKey, value: WrittenValue)] {
        let guest = GuestTypes(configuration.createInfo.type)
        return ConfigKey.all.filter { !$0.readFor.isDisjoint(with: guest) }.compactMap { key in
            key.write?(configuration).map { (key, $0) }
        }
    }

    private static func omissions(_ configuration: DomainConfiguration) -> [String] {
        let build = configuration.buildInfo
        var omissions: [String] = []
        let memory = [
            ("memory", build.targetMemKB), ("maxmem", build.maxMemKB), ("shadow_memory", build.shadowMemKB),
            ("videoram", build.videoMemKB), ("stubdomain_memory", build.stubdomainMemKB),
        ]
        for case (let name, let size?) in memory where size % 1024 != 0 {
            omissions.append("\(name) is \(size) KiB, which is no whole number of MiB")
        }
        omissions += deviceKeys.flatMap { $0.devices?.omissions(configuration) ?? [] }
        do throws(SpecError) { _ = try CPUIDSpec.written(build.cpuid) } catch { omissions.append(error.description) }
        if build.hvm?.generationID != nil { omissions.append("ms_vm_genid makes a new identity each time") }
        return omissions
    }
}
