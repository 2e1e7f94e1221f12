import ArgumentParser
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct ConsoleCommand: XLCommand {
    static let configuration = named("console", "Attach to domain's console", usage: "[options] <Domain>")

    @Option(name: .customShort("t"), help: "The console's type: pv, serial or vuart.")
    var type: String?
    @Option(name: .customShort("n"), help: "The console's number; counts only together with -t.")
    var number: UInt32 = 0
    @Option(
        name: .customShort("e"),
        help: """
            The key that leaves the console, such as ^a; normally ^]. Needs Xen \
            \(XenRelease.first(with: \.choosesConsoleEscape)).
            """)
    var escape: String?
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        var plan = try toolstack.primaryConsole(of: toolstack.findDomain(domain))
        if let type {
            guard let known = ConsoleType(name: type), known != .unknown else {
                Output.error("console type supported are: pv, serial, vuart")
                return .failure
            }
            plan = ConsolePlan(domain: try toolstack.findDomain(domain), number: number, type: known)
        }
        plan.escape = escape
        let program = try plan.process(toolstack.paths)
        Output.flush()
        throw ToolstackError(
            .fail, "Unable to attach console: cannot run \(program.executable)", cause: "\(program.replaceSelf())")
    }
}

struct VNCViewerCommand: XLCommand {
    static let configuration = named(
        "vncviewer", "Attach to domain's VNC server.",
        discussion: "The viewer is $VNCVIEWER, or vncviewer if that is not set.")

    @Flag(
        name: [.customShort("a"), .customLong("autopass"), .customLong("vncviewer-autopass")],
        help: "Pass VNC password to viewer via stdin and -autopass.")
    var passesPassword = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        let domain = try context.toolstack.findDomain(domain)
        Output.flush()
        let error = try DisplayViewer(context.toolstack).replaceSelf(for: domain, passesPassword: passesPassword)
        throw ToolstackError(.fail, "cannot run the VNC viewer", domain: domain, cause: "\(error)")
    }
}
