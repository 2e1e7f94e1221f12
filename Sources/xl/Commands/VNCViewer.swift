import ArgumentParser
import XenToolstack

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
