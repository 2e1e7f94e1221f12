import DomainConfig
import XenToolstack

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
            if !error.isMissingFile { Output.warning("\(error)".escapingControls) }
            return GlobalConfig()
        }
        let result = GlobalConfig.parse(ConfigDocument(file: source))
        Self.print(result.diagnostics)
        guard !result.diagnostics.contains(where: { $0.severity == .error }) else { throw ExitStatus.failure }
        return result.global
    }

    /// What a configuration's meaning depends on: `xl.conf`, and the processors where a hypervisor runs.
    func configEnvironment() throws -> ConfigEnvironment {
        ConfigEnvironment(
            global: try globalConfig(), host: toolstack.topology(), firmwareDirectory: toolstack.paths.firmware.string)
    }

    static func print(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics { Output.plainError(diagnostic.text) }
    }

}
