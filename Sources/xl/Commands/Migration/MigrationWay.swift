import ArgumentParser
import DomainModel
import XenToolstack
import XenTypes

/// How the other host is reached.
struct MigrationWay: ParsableArguments {
    @Option(
        name: .customShort("s"),
        help: """
            Use <sshcommand> instead of ssh. It is passed to sh as it is. If empty, <host> is itself the command that \
            is run, instead of ssh <host> xl migrate-receive.
            """)
    var sshcommand = MigrationWay.ssh

    /// Half a minute of silence ends it: the guest may stand still meanwhile.
    static let ssh = "ssh -o ServerAliveInterval=10 -o ServerAliveCountMax=3"

    func validate(host: String) throws {
        guard sshcommand.isEmpty || !host.hasPrefix("-") else {
            throw ValidationError("'\(host)' is no host: it would be an option of \(sshcommand)")
        }
    }

    /// What `sh -c` is to run. Nil where nobody knows how to reach another `xl` there.
    struct Commands: Sendable {
        var receiver: String
        /// The beginning of what asks later what became of the domain.
        var inquiry: String?
        var check: String?

        /// What the other host says against a domain's coming.
        func check(
            _ domain: DomainID, _ configuration: DomainConfiguration, in toolstack: Toolstack
        ) async throws -> MigrationFindings {
            guard let check else { return .unanswered("<host> is itself the command that is run") }
            return try await RemoteCheck(command: check).run(domain, configuration, in: toolstack) {
                Output.plainError($0, terminator: "")
            }
        }
    }

    /// - Parameter words: what follows `migrate-receive`, with a space before it.
    func commands(to host: String, _ options: GlobalOptions, words: String) -> Commands {
        guard !sshcommand.isEmpty else { return Commands(receiver: host) }
        let base = "exec \(sshcommand) \(MigrationTransport.quoted(host)) xl"
        let terminal = Progress.isShown(options) ? " -t" : ""
        let verbosity = options.verbosity == 0 ? "" : " -" + String(repeating: "v", count: min(options.verbosity, 3))
        let receiver =
            base + terminal + (options.hasTimestamps ? " -T" : "") + verbosity + " migrate-receive" + words
        return Commands(receiver: receiver, inquiry: base + " migrate-state", check: base + " migrate-check")
    }
}
