import DomainConfig
import DomainModel
import XenToolstack
import XenTypes

/// Reading configurations for commands: diagnostics go to stderr.
extension CommandContext {
    /// The host's `xl.conf`; without the file, its defaults and a warning.
    ///
    /// - Throws: `ExitStatus.failure` when the file has errors, which are printed.
    func globalConfig() throws -> GlobalConfig {
        let path = toolstack.paths.globalConfiguration.string
        let source: ConfigSource
        do throws(ConfigFileError) {
            source = try ConfigSource(path: path)
        } catch {
            if !error.isMissingFile { Output.warning("\(error)") }
            return GlobalConfig()
        }
        let result = GlobalConfig.parse(ConfigDocument(file: source))
        Self.print(result.diagnostics)
        guard !result.diagnostics.contains(where: { $0.severity == .error }) else { throw ExitStatus.failure }
        return result.global
    }

    /// What `xl.conf` says to the toolstack; what is wrong with the file, the command that reads all of it tells.
    static func settings() -> ToolstackSettings {
        let path = HostPaths.ofRunningHypervisor().globalConfiguration.string
        guard let source = try? ConfigSource(path: path) else { return ToolstackSettings() }
        return ToolstackSettings(GlobalConfig.parse(ConfigDocument(file: source)).global)
    }

    /// What a configuration's meaning depends on: `xl.conf`, and the processors where a hypervisor runs.
    func configEnvironment() throws -> ConfigEnvironment { configEnvironment(try globalConfig()) }

    private func configEnvironment(_ global: GlobalConfig) -> ConfigEnvironment {
        ConfigEnvironment(
            global: global, host: toolstack.topology(), firmwareDirectory: toolstack.paths.firmware.string)
    }

    /// The domain that a file and `key=value` words describe. What is wrong with them is printed.
    ///
    /// - Parameters:
    ///   - ignoringMasks: whether the CPU masks of xl.conf are left out (`create -i`).
    ///   - isStrict: whether what upstream's xl ignores or bends is an error, whatever xl.conf says (`create --strict`).
    /// - Throws: ``ToolstackError`` when the file cannot be read; `ExitStatus.failure` when it has errors.
    func configuration(
        path: String, words: [String], global: GlobalConfig, ignoringMasks: Bool, isStrict: Bool = false
    ) throws -> DomainConfiguration {
        let environment = configEnvironment(global, ignoringMasks: ignoringMasks, isStrict: isStrict)
        return try Self.configuration(of: ConfigDocument(file: source(path), words: words), environment)
    }

    /// The domains with the numbers from 1 that a file and words describe in which `{n}` stands for the number. What is
    /// wrong with the first of them that has errors is printed, or else with the first.
    func configurations(
        path: String, words: [String], count: Int, global: GlobalConfig, ignoringMasks: Bool, isStrict: Bool
    ) throws -> [DomainConfiguration] {
        let environment = configEnvironment(global, ignoringMasks: ignoringMasks, isStrict: isStrict)
        let source = try source(path)
        return try (1...count).map { number in
            let numbered = ConfigSource(name: source.name, bytes: NumberedText.fill(source.bytes, with: number))
            let document = ConfigDocument(file: numbered, words: words.map { NumberedText.fill($0, with: number) })
            return try Self.configuration(of: document, environment, isQuiet: number > 1)
        }
    }

    private func source(_ path: String) throws -> ConfigSource {
        do throws(ConfigFileError) { return try ConfigSource(path: path) } catch {
            throw ToolstackError(.fail, "\(error)")
        }
    }

    private func configEnvironment(
        _ global: GlobalConfig, ignoringMasks: Bool, isStrict: Bool
    ) -> ConfigEnvironment {
        var environment = configEnvironment(global)
        environment.ignoresGlobalAffinity = ignoringMasks
        environment.isStrict = isStrict || global.isStrict
        return environment
    }

    private static func configuration(
        of document: ConfigDocument, _ environment: ConfigEnvironment, isQuiet: Bool = false
    ) throws -> DomainConfiguration {
        let result = DomainConfigParser.parse(document, environment: environment)
        if !isQuiet || result.configuration == nil { print(result.diagnostics) }
        guard let configuration = result.configuration else { throw ExitStatus.failure }
        return configuration
    }

    /// The domain that a text describes which `config-update` stored.
    func configuration(update text: [UInt8]) throws -> DomainConfiguration {
        let document = ConfigDocument(file: ConfigSource(name: "<updated>", bytes: text))
        let result = DomainConfigParser.parse(document, environment: try configEnvironment())
        Self.print(result.diagnostics)
        guard let configuration = result.configuration else {
            throw ToolstackError(.invalid, "the updated configuration has errors")
        }
        return configuration
    }

    /// The domain that a text describes which was saved with it.
    func configuration(saved text: [UInt8], global: GlobalConfig) throws -> DomainConfiguration {
        let document = ConfigDocument(file: ConfigSource(name: "<saved>", bytes: text))
        let result = DomainConfigParser.parse(document, environment: configEnvironment(global))
        Self.print(result.diagnostics)
        guard let configuration = result.configuration else {
            throw ToolstackError(.invalid, "the saved configuration has errors")
        }
        return configuration
    }

    /// Says what configuration stands before a saved domain.
    static func announce(_ header: SaveFileHeader) {
        switch header.configuration {
        case .none: break
        case .json: Output.plainError(" Savefile contains xl domain config in JSON format")
        case .text: Output.plainError(" Savefile contains xl domain config")
        }
    }

    /// The domain that was saved, or is arriving, within the masks of `xl.conf`.
    ///
    /// - Parameter source: what is read, for errors.
    func configuration(
        of header: SaveFileHeader, source: String, global: GlobalConfig
    ) throws -> DomainConfiguration {
        Self.announce(header)
        if header.configuration != .none { Output.plainError("Parsing config from <saved>") }
        switch header.configuration {
        case .json(let text):
            var configuration = try DomainConfiguration(savedJSON: text, name: source) {
                Output.warning(Self.words(forUnknown: $0, in: source))
            }
            try applyMasks(of: global, to: &configuration)
            return configuration
        case .text(let text): return try configuration(saved: text, global: global)
        case .none:
            throw ToolstackError(
                .invalid, "Config file not specified and none in save file",
                remedy: "name a configuration file before \(source)")
        }
    }

    /// What is said of fields that only a newer `xl` knows.
    static func words(forUnknown fields: [String], in source: String) -> String {
        let shown = fields.prefix(5).map { String($0.escapingControls.prefix(80)) }.joined(separator: ", ")
        let known = "\(Toolstack.releases.lowerBound) to \(Toolstack.releases.upperBound)"
        return "\(source) was saved by a newer xl than this one for Xen \(known): left out is "
            + shown + (fields.count > 5 ? " and \(fields.count - 5) more" : "")
    }

    /// Takes away the processors that `xl.conf` keeps from guests.
    func applyMasks(of global: GlobalConfig, to configuration: inout DomainConfiguration) throws(ToolstackError) {
        let masks = global.cpuMasks(for: configuration.createInfo.type, host: toolstack.topology())
        var sets = configuration.buildInfo.vcpuHardAffinity
        if sets.isEmpty, let first = masks.first {
            sets = Array(repeating: first, count: max(Int(configuration.buildInfo.maxVCPUs), 1))
        }
        configuration.buildInfo.vcpuHardAffinity = sets.map { masks.reduce($0) { $0.intersection($1) } }
        guard let index = configuration.buildInfo.vcpuHardAffinity.firstIndex(where: \.isEmpty) else { return }
        throw ToolstackError(
            .invalid, "virtual CPU \(index) has no processor to run on",
            remedy: "give a configuration with other cpus=, or change the masks of xl.conf")
    }

    static func print(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics {
            switch diagnostic.severity {
            case .error: Output.error(Fault(diagnostic), words: diagnostic.text)
            case .warning: Output.warning(lines: diagnostic.text)
            }
        }
    }
}
