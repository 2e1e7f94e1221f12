import DomainConfig
import DomainModel
import Glibc
import XenToolstack
import XenTypes

/// What follows from a domain's shutdown.
struct DomainEnding: Sendable {
    let domain: DomainID
    let name: String
    let reason: ShutdownReason
    /// How long to wait before a restart.
    let pause: Duration?
    let context: CommandContext

    private var toolstack: Toolstack { context.toolstack }

    private func say(_ text: String) { Monitor.say(text) }

    /// - Returns: the domain that takes the place of the one that ended, or nil.
    func act() async throws -> DomainID? {
        let stored = storedConfiguration()
        guard let configured = ShutdownPolicy.action(for: reason, in: stored ?? DomainConfiguration()) else {
            say("Done. Exiting now")
            return nil
        }
        if reason.rawValue > ShutdownReason.softReset.rawValue {
            say("Unknown shutdown reason code \(reason.rawValue). Destroying domain.")
        }
        say("Action for shutdown reason code \(reason.rawValue) is \(Self.name(of: configured))")
        let action = await dumpCore(if: configured)
        switch action {
        case .restart: return try await restart(stored) { try await destroy() }
        case .restartRename: return try await restart(stored) { try preserve() }
        case .softReset: return try await softReset(stored)
        case .preserve: break
        case .destroy, .coredumpDestroy, .coredumpRestart: try await destroy()
        }
        say("Done. Exiting now")
        return nil
    }

    private func storedConfiguration() -> DomainConfiguration? {
        do {
            if let stored = try toolstack.storedConfiguration(of: domain) { return stored }
            say("no configuration of domain \(domain) is stored")
        } catch {
            say("\(error)")
        }
        return nil
    }

    /// The words of xl.cfg.
    private static func name(of action: ActionOnShutdown) -> String {
        switch action {
        case .destroy: "destroy"
        case .restart: "restart"
        case .restartRename: "rename-restart"
        case .preserve: "preserve"
        case .coredumpDestroy: "coredump-destroy"
        case .coredumpRestart: "coredump-restart"
        case .softReset: "soft-reset"
        }
    }

    /// Dumps the domain's memory where the action asks for it; a dump that fails keeps nothing else.
    ///
    /// - Returns: the rest of the action.
    private func dumpCore(if action: ActionOnShutdown) async -> ActionOnShutdown {
        guard action == .coredumpDestroy || action == .coredumpRestart else { return action }
        say("dumping core to \(toolstack.coreDumpPath(name: name))")
        do { _ = try await toolstack.dumpCore(of: domain, name: name) } catch { say("core dump failed: \(error)") }
        return action == .coredumpRestart ? .restart : .destroy
    }

    private func destroy() async throws {
        say("Domain \(domain) needs to be cleaned up: destroying the domain")
        try await toolstack.destroy(domain)
    }

    private func preserve() throws {
        var now = time(nil)
        var fields = tm()
        gmtime_r(&now, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "-%Y%m%dT%H%MZ", &fields)
        let suffix = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        say("Preserving domain \(domain) \(name) with suffix\(suffix)")
        try toolstack.preserve(domain, suffix: suffix)
    }

    /// Only HVM guests with a device model on this host can be reset in place; upstream destroys others, too.
    private func softReset(_ stored: DomainConfiguration?) async throws -> DomainID? {
        do {
            try await toolstack.softReset(domain, currentConfiguration(stored))
            try await toolstack.unpause(domain)
        } catch {
            say("\(error)")
            if (try? toolstack.info(of: domain)) != nil { try await destroy() }
            throw ExitStatus(-ToolstackError.Code.invalid.rawValue)
        }
        say("Done. Rebooting now")
        return domain
    }

    /// Puts a new domain into the place of the ended one.
    ///
    /// - Parameter clear: takes the old one out of the way, once its configuration is read.
    private func restart(
        _ stored: DomainConfiguration?, _ clear: () async throws -> Void
    ) async throws -> DomainID? {
        if let pause, try await isDestroyed(within: pause) {
            say("Domain \(domain) has been destroyed.")
            return nil
        }
        let configuration = try await nextConfiguration(stored)
        try await clear()
        say("Done. Rebooting now")
        let options = CreateOptions(try context.globalConfig(), on: toolstack)
        let next = try await toolstack.create(configuration, options: options).domain
        try await toolstack.unpause(next, isNew: true)
        return next
    }

    /// Leaves the host some time before a domain is started again that ends too soon each time.
    ///
    /// - Returns: whether somebody has destroyed the domain meanwhile.
    private func isDestroyed(within pause: Duration) async throws -> Bool {
        let life = RestartPace.healthyLife.components.seconds
        say(
            "Domain \(domain) has lived for less than \(life) s. Waiting \(pause.components.seconds) s before its restart"
        )
        return try await withDeadline(pause) { [toolstack, domain] in
            try await toolstack.waitForEnd(of: domain, acceptingShutdown: false)
        } != nil
    }

    /// The text that `config-update` left, or else the domain's configuration as it was at its end.
    private func nextConfiguration(_ stored: DomainConfiguration?) async throws -> DomainConfiguration {
        do {
            if let text = try toolstack.takeUpdate(of: domain) {
                say("\"xl\" configuration found, using it")
                // Upstream's log has an empty line here.
                say("")
                return try context.configuration(update: text)
            }
        } catch let error as ToolstackError {
            say("\"xl\" configuration found but failed to load: \(error)")
        }
        return try await currentConfiguration(stored)
    }

    private func currentConfiguration(_ stored: DomainConfiguration?) async throws -> DomainConfiguration {
        do {
            return try await toolstack.currentConfiguration(of: domain)
        } catch {
            guard let stored else { throw error }
            say("failed to retrieve guest configuration (\(error)). reusing old configuration")
            return stored
        }
    }
}
