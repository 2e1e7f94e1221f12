import ArgumentParser
import XenToolstack
import XenTypes

struct ShutdownCommand: ActingCommand {
    static let configuration = named("shutdown", "Issue a shutdown signal to a domain")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var options: GuestRequestOptions

    var subject: String? { options.domain }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await GuestRequests(request: .poweroff, options: options, context: context).run()
    }
}

struct RebootCommand: ActingCommand {
    static let configuration = named("reboot", "Issue a reboot signal to a domain")

    @OptionGroup var outcome: OutcomeFlag
    @OptionGroup var options: GuestRequestOptions

    var subject: String? { options.domain }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await GuestRequests(request: .reboot, options: options, context: context).run()
    }
}

/// What `shutdown` and `reboot` take.
struct GuestRequestOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Ask all domains but domain 0.") var all = false
    @Flag(
        name: .shortAndLong, help: "Wait until the domains have shut down; twice: until they are gone.")
    var wait: Int
    @Flag(
        name: .customShort("F"),
        help: "Press the virtual power or reset button of guests without drivers that take requests.")
    var fallback = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String?
}

/// One request to several guests, side by side.
struct GuestRequests: Sendable {
    let request: Toolstack.ControlRequest
    let options: GuestRequestOptions
    let context: CommandContext
    private var toolstack: Toolstack { context.toolstack }

    init(request: Toolstack.ControlRequest, options: GuestRequestOptions, context: CommandContext) {
        (self.request, self.options, self.context) = (request, options, context)
    }

    func run() async throws -> ExitStatus {
        guard options.domain != nil || options.all else {
            let text = "You must specify -a or a domain id."
            Output.error(Fault(.usage, text), words: text + "\n")
            return .failure
        }
        let domains = try domains()
        let isWaiting = options.wait > 0
        let answered = await withTaskGroup(of: (DomainID, Bool).self) { group in
            for domain in domains { group.addTask { (domain, await ask(domain)) } }
            var answered: [DomainID] = []
            for await (domain, isAnswered) in group where isAnswered { answered.append(domain) }
            return answered.sorted()
        }
        if isWaiting, !answered.isEmpty { try await waitForEnds(of: answered) }
        return answered.count == domains.count ? .success : .failure
    }

    private func domains() throws -> [DomainID] {
        guard options.all else { return [try toolstack.findDomain(options.domain ?? "")] }
        return try toolstack.domainsToStop()
    }

    /// - Returns: false when the guest did not take the request, which is then already reported.
    private func ask(_ domain: DomainID) async -> Bool {
        let (verb, button) = request == .poweroff ? ("Shutting down", "power") : ("Rebooting", "reset")
        Output.plainError("\(verb) domain \(domain)")
        do {
            try await toolstack.request(request, of: domain)
            context.hasActed(on: domain)
            return true
        } catch {
            guard error.code == .noParavirt, options.fallback else {
                Output.error(error)
                return false
            }
        }
        Output.plainError("PV control interface not available: sending ACPI \(button) button event.")
        do {
            try await toolstack.send(request == .poweroff ? .power : .reset, to: domain)
            context.hasActed(on: domain)
            return true
        } catch {
            Output.error(error)
            return false
        }
    }

    private func waitForEnds(of domains: [DomainID]) async throws {
        Output.plainError("Waiting for \(domains.count) domains")
        let untilGone = options.wait > 1
        try await withThrowingTaskGroup(of: Void.self) { group in
            for domain in domains {
                group.addTask {
                    var end = try await toolstack.waitForEnd(of: domain, acceptingShutdown: true)
                    if case .shutDown(let reason) = end {
                        Output.plainError("Domain \(domain) has been shut down, reason code \(reason.rawValue)")
                        guard untilGone else { return }
                        Output.plainError("Domain \(domain) continue waiting for death")
                        end = try await toolstack.waitForEnd(of: domain, acceptingShutdown: false)
                    }
                    Output.plainError("Domain \(domain) has been destroyed")
                }
            }
            try await group.waitForAll()
        }
    }
}
