import DomainConfig
import DomainModel
import Glibc
import XenToolstack
import XenTypes

/// Watches over one domain and does at its end what its configuration says.
///
/// What it says goes to its log in upstream's words.
struct Monitor: Sendable {
    var domain: DomainID
    let context: CommandContext
    /// Whether this is the process's only purpose, so that it may start itself afresh.
    var isProcess = false
    var pace = RestartPace()
    /// Called once when the watch is set.
    var armed: (@Sendable () -> Void)?

    init(domain: DomainID, context: CommandContext) {
        self.domain = domain
        self.context = context
    }

    private var toolstack: Toolstack { context.toolstack }

    /// Watches until a domain's end is not followed by another start.
    func run() async -> ExitStatus {
        var monitor = self
        do {
            while let next = try await monitor.watch() {
                if isProcess {
                    Self.say("cannot start afresh: \(MonitorProcess.replaceSelf(for: next, pace: monitor.pace))")
                }
                monitor.domain = next
                monitor.armed = nil
            }
            return .success
        } catch let status as ExitStatus {
            return status
        } catch {
            Output.error(error)
            return .failure
        }
    }

    static func say(_ text: String) { Output.say(text) }

    /// - Returns: the domain that took this one's place, or nil when there is none.
    private mutating func watch() async throws -> DomainID? {
        let birth = ContinuousClock.now
        let name = (try? toolstack.name(of: domain)) ?? ""
        Self.say("Waiting for domain \(name) (domid \(domain)) to die [pid \(getpid())]")
        let attendant = Task(executorPreference: EventLoop.shared.preference) { [domain, context] in
            await Attendant(domain: domain, name: name, context: context).run()
        }
        let reason: ShutdownReason?
        do {
            reason = try await awaitShutdown()
        } catch {
            attendant.cancel()
            throw error
        }
        let end = ContinuousClock.now
        attendant.cancel()
        await attendant.value
        guard let reason else {
            Self.say("Domain \(domain) has been destroyed.")
            return nil
        }
        Self.say(
            "Domain \(domain) has shut down, reason code \(reason.rawValue) 0x\(String(reason.rawValue, radix: 16))")
        let pause = pace.pause(afterLifeOf: end - birth)
        return try await DomainEnding(domain: domain, name: name, reason: reason, pause: pause, context: context).act()
    }

    /// - Returns: why the domain has shut down; nil when it is gone.
    private func awaitShutdown() async throws -> ShutdownReason? {
        let end = try await toolstack.waitForShutdown(of: domain, armed: armed) { Self.say("Domain has suspended.") }
        if case .shutDown(let reason) = end { return reason }
        return nil
    }
}
