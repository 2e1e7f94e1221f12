import Logging
import Synchronization
import XenToolstack
import XenTypes

/// What a command is given: the global options, and the host.
///
/// A command that needs no hypervisor never makes a request of `toolstack`, and so works on any machine.
final class CommandContext: Sendable {
    let options: GlobalOptions
    let logger: Logger
    private let made: Mutex<Toolstack?>
    private let acted = Mutex<Set<DomainID>>([])

    /// - Parameter toolstack: nil for that of the host on which this runs.
    init(options: GlobalOptions, toolstack: Toolstack? = nil) {
        self.options = options
        made = Mutex(toolstack)
        logger = Logger(label: "xl") { _ in
            LineLogHandler(logLevel: options.logLevel, hasTimestamps: options.hasTimestamps)
        }
    }

    /// The domains that the command has acted on, or made, as far as it says so.
    var subjects: [DomainID] { acted.withLock { $0.sorted() } }

    func hasActed(on domain: DomainID) { acted.withLock { _ = $0.insert(domain) } }

    /// The host. Hypervisor and store are opened by the first request that is made of them.
    var toolstack: Toolstack {
        made.withLock { made in
            if let made { return made }
            let toolstack = Toolstack(logger: logger, settings: Self.settings)
            made = toolstack
            return toolstack
        }
    }
}
