import DomainModel
import SystemPackage
import XenTypes

extension DeviceModelPlan {
    /// Why a program cannot be a device model; nil when nothing speaks against it.
    static func problem(with program: FilePath) -> ToolstackError? {
        var cause: String
        switch HostFile.inspect(program.string) {
        case .regular(let access) where access.contains(.execute): return nil
        case .regular: cause = "it is not executable"
        case .missing(let reason): cause = reason
        case .block, .directory, .other: cause = "it is no regular file"
        }
        if !program.isAbsolute { cause += "; it is looked for in the current directory" }
        return ToolstackError(
            .fail, "cannot start the device model \(program)", cause: cause,
            remedy: "install QEMU for Xen (in Debian: qemu-system-xen), or correct device_model_override")
    }

    /// What plainly keeps a configuration's device model from starting, found before the domain exists.
    static func problems(_ configuration: DomainConfiguration, paths: HostPaths) -> [ToolstackError] {
        let isInside = runsInStubDomain(configuration)
        guard isInside || needed(by: configuration) else { return [] }
        var program = problem(with: program(configuration.buildInfo, paths)).map { [$0] } ?? []
        if isInside { program += StubDomainPlan.problems(configuration.buildInfo, paths) }
        // Whose number is taken depends on the domain's, which has none yet.
        let users = UserDirectory(entry: UserDirectory.system.entry, name: { _ in nil })
        let build = DomainBuild(configuration: configuration, domain: .control, uuid: .zero, release: paths.release)
        do throws(ToolstackError) { _ = try DeviceModelPlan(build, paths, users: users) } catch {
            return program + [error]
        }
        return program
    }
}
