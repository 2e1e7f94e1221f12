import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct PSRMonitorAttachCommand: XLCommand {
    static let configuration = named(
        "psr-cmt-attach", "Attach Cache Monitoring Technology service to a domain")

    @Flag(help: "Print the outcome as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let target = try context.toolstack.findDomain(domain)
        try context.toolstack.attachMonitor(to: target)
        if json { try Output.print(json: PSROutput.outcome(target, isMonitored: true)) }
        return .success
    }
}

struct PSRMonitorDetachCommand: XLCommand {
    static let configuration = named(
        "psr-cmt-detach", "Detach Cache Monitoring Technology service from a domain")

    @Flag(help: "Print the outcome as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let target = try context.toolstack.findDomain(domain)
        try context.toolstack.detachMonitor(from: target)
        if json { try Output.print(json: PSROutput.outcome(target, isMonitored: false)) }
        return .success
    }
}

struct PSRMonitorShowCommand: XLCommand {
    static let configuration = named(
        "psr-cmt-show", "Show Cache Monitoring Technology information", usage: "[--json] <PSR-CMT-Type> [<Domain>]",
        discussion: "Those domains are shown to which xl psr-cmt-attach has attached the service.")

    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(
        help: """
            cache-occupancy (KiB of the level 3 cache), total-mem-bandwidth or local-mem-bandwidth (KiB a second).
            """, completion: .list(MonitorReadings.resourceNames))
    var type: String
    @Argument(help: "Only this domain: name, number or UUID.", completion: .domains) var domain: String?

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func validate() throws {
        guard MonitorReadings.resourceNames.contains(type) else {
            throw ValidationError(
                "\"\(type.escapingControls)\" is no monitor type: there are "
                    + MonitorReadings.resourceNames.joined(separator: ", "))
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let only = try domain.map { try toolstack.findDomain($0) }
        guard let resource = MonitorReadings.resource(named: type) else { return .usage }
        let readings = try await toolstack.readMonitors(of: resource, only: only)
        if json {
            try Output.print(json: PSROutput.document(readings))
        } else {
            Output.print(PSROutput.text(readings))
        }
        return .success
    }
}
