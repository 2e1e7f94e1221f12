import DomainModel
import Glibc
import SystemPackage
import XenTypes

extension DeviceModelPlan {
    /// What speaks against starting the device model, as far as it shows before there is a domain.
    ///
    /// - Parameter configuration: with every default applied.
    static func problems(_ configuration: DomainConfiguration, paths: HostPaths) -> [ToolstackError] {
        guard needed(by: configuration) else { return [] }
        let program = program(configuration.buildInfo, paths)
        guard access(program.string, X_OK) == 0 else {
            return [
                ToolstackError(
                    .fail, "cannot start the device model \(program)", cause: "\(Errno(rawValue: errno))",
                    remedy: configuration.buildInfo.deviceModel == nil
                        ? "install the package that has it" : "correct device_model_override=")
            ]
        }
        do throws(ToolstackError) {
            let setup = QEMUSetup(domain: .invalid, configuration: configuration, paths: paths)
            try refuseUnsupported(setup)
            _ = try QEMUOption.commandLine(setup)
        } catch {
            return [error]
        }
        return []
    }
}
