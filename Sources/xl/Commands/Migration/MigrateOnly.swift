import ArgumentParser
import Glibc
import XenToolstack

struct MigrateOnlyCommand: XLCommand {
    static let configuration = named(
        "migrate-only", "Do what the other host of a migration asks for, and nothing else",
        usage: "- for authorized_keys only",
        discussion: """
            The forced command of an ssh key that is there for migrations to this host. It does what the client asked \
            sshd for (SSH_ORIGINAL_COMMAND), if that is xl with migrate-receive, migrate-check or migrate-state. In \
            authorized_keys: restrict,command="xl migrate-only" ssh-ed25519 AAAA...
            """, isListed: false)
    static let isUpstream = false

    private static let variable = "SSH_ORIGINAL_COMMAND"

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let text = getenv(Self.variable).map({ String(cString: $0) }) else {
            throw ToolstackError(
                .invalid, "there is no \(Self.variable)", remedy: "this is for the authorized_keys of ssh only")
        }
        guard let words = Self.allowed(text) else {
            throw ToolstackError(.invalid, "this key is for migrations only", cause: "it asked for \"\(text)\"")
        }
        return await Main.run(words)
    }

    /// The words behind `xl`, where they are what a sender of guests may ask for; nil for all else.
    ///
    /// No shell reads them: none of the commands has a word that needs to be quoted.
    static func allowed(_ text: String) -> [String]? {
        let words = text.split(separator: " ").map(String.init)
        guard let program = words.first, program == "xl" || program.hasSuffix("/xl"),
            let (options, rest) = try? GlobalOptions.parse(Array(words.dropFirst())), !options.isDryRun,
            let name = rest.first, allowed.contains(name)
        else { return nil }
        return Array(words.dropFirst())
    }

    /// By their whole names, as senders call them.
    private static let allowed: Set = [
        MigrateReceiveCommand._commandName, MigrateCheckCommand._commandName, MigrateStateCommand._commandName,
    ]
}
