import ArgumentParser
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct RemusCommand: XLCommand {
    static let configuration = named(
        "remus", "Enable Remus HA for domain", usage: "[options] <Domain> [<host>]",
        discussion: """
            A copy of the guest is kept at <host>, and checkpoints are sent to it several times in a second. When the \
            guest is destroyed here, or this host or the connection fails, the copy goes on there, as of the last \
            checkpoint. When this command is interrupted (Ctrl-C, SIGTERM), the guest goes on here and the copy is \
            dropped. What the guest sends is held back until <host> has the checkpoint that it belongs to, and so is \
            what its disks replicate by DRBD; without either a fail-over can be seen from outside, which -F allows.
            """)

    @Option(
        name: .customShort("i"), help: ArgumentHelp("Checkpoint the domain every <ms> milliseconds.", valueName: "ms"))
    var interval: UInt32 = 200
    @Flag(name: .customShort("u"), help: "No effect: streams are never compressed.")
    var isUncompressed = false
    @OptionGroup var way: MigrationWay
    @Flag(name: .customShort("e"), help: "Do not wait in the background (on <host>) for the death of the domain.")
    var hasNoMonitor = false
    @Option(
        name: .customShort("N"), help: "Use <netbufscript> to attach network buffers.", completion: .file())
    var netbufscript: String?
    @Flag(name: .customShort("F"), help: "Allow what makes a fail-over unsafe: -b, -n and -d.")
    var allowsUnsafe = false
    @Flag(name: .customShort("b"), help: "Send checkpoints to nobody (with -F).")
    var isBlackhole = false
    @Flag(name: .customShort("n"), help: "Do not hold back what the guest sends (with -F).")
    var hasNoNetworkBuffers = false
    @Flag(name: .customShort("d"), help: "Do not hold back what the disks replicate (with -F).")
    var hasNoDiskBuffers = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The host, as ssh takes it.") var host: String?

    func validate() throws {
        if let host { try way.validate(host: host) }
        guard host != nil || isBlackhole else { throw ValidationError("a host is missing, or -b") }
        guard allowsUnsafe || !(isBlackhole || hasNoNetworkBuffers || hasNoDiskBuffers) else {
            throw ValidationError("-b, -n and -d make a fail-over unsafe: they need -F")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        let configuration = try await toolstack.currentConfiguration(of: id)
        let options = try options(in: context)
        let command = isBlackhole ? nil : way.commands(to: host ?? "", context.options, words: receiverOptions).receiver
        do {
            let end = try await TerminationSignals.cancelling {
                let transport = try command.map { try MigrationTransport($0) }
                do {
                    let end = try await toolstack.protect(
                        id, through: transport?.connection, configuration: configuration, options: options)
                    // What is still on its way decides whether the copy goes on.
                    await transport?.close(within: toolstack.timeouts.migrationAnswer)
                    return end
                } catch {
                    await transport?.close()
                    throw error
                }
            }
            if end == .destroyed { Output.plainError("Remus: Primary domain has been destroyed.") }
            return .success
        } catch let error as ToolstackError {
            Output.plainError(
                error.code == .guestTimedOut
                    ? "Failed to suspend domain at primary."
                    : "Remus: Backup failed? resuming domain at primary.")
            throw error
        }
    }

    private var receiverOptions: String { " -r" + (hasNoMonitor ? " -e" : "") }

    private func options(in context: CommandContext) throws -> RemusOptions {
        let script = try netbufscript ?? context.globalConfig().remusNetbufScript ?? "remus-netbuf-setup"
        // A name without a directory is one of the stock scripts.
        let path = script.contains("/") ? FilePath(script) : context.toolstack.paths.scripts.appending(script)
        var options = RemusOptions(networkScript: path)
        options.interval = .milliseconds(interval)
        options.buffersNetwork = !hasNoNetworkBuffers
        options.buffersDisks = !hasNoDiskBuffers
        return options
    }
}
