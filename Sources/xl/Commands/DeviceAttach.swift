import DomainConfig
import XenToolstack
import YajlJSON

extension CommandContext {
    /// Attaches what a specification describes; in a dry run, prints it as JSON behind the kind of device.
    func attach<Class: DeviceClass>(
        _ deviceClass: Class.Type, as key: String, to domain: String, _ read: () throws -> ParsedSpec<Class.Device>
    ) async throws -> ExitStatus where Class.Device: Encodable {
        // Upstream refuses an unknown domain before it reads the specification.
        let target = options.isDryRun ? nil : try toolstack.findDomain(domain)
        let device = try read()
        for warning in device.warnings { Output.warning("\(warning)") }
        guard let target else {
            Output.print(bytes: try Array("\(key): ".utf8) + YajlEncoder().encode(device.value) + [UInt8(ascii: "\n")])
            return .success
        }
        try await TerminationSignals.cancelling { [toolstack] in
            _ = try await DeviceEngine(toolstack).attach(Class.self, device.value, to: target)
        }
        return .success
    }
}
