import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

/// What `xl wait --for` names.
enum AwaitedState: Hashable, Sendable, ExpressibleByArgument {
    case each(DomainCondition)
    case guests(Int)

    static let words: KeyValuePairs<String, DomainCondition> = [
        "running": .running, "paused": .paused, "shutdown": .shutDown, "gone": .gone, "connected": .connected,
        "ip": .address,
    ]
    private static let countPrefix = "domain-count="

    static var allValueStrings: [String] { words.map(\.key) + [countPrefix + "N"] }

    init?(argument: String) {
        if let condition = Self.words.first(where: { $0.key == argument })?.value {
            self = .each(condition)
        } else if argument.hasPrefix(Self.countPrefix),
            let count = Int(argument.dropFirst(Self.countPrefix.count)), count >= 0
        {
            self = .guests(count)
        } else {
            return nil
        }
    }

    var word: String {
        switch self {
        case .each(let condition): Self.words.first { $0.value == condition }?.key ?? ""
        case .guests(let count): Self.countPrefix + "\(count)"
        }
    }
}

struct WaitCommand: XLCommand {
    static let configuration = named(
        "wait", "Wait until domains are in a state", usage: "--for <state> [options] <domain>...",
        discussion: """
            Returns as soon as each of the domains is in the state:
              running         it may run: made, and not paused
              paused          the toolstack holds it
              shutdown        the guest has stopped, other than to be suspended, or is gone
              gone            the host has nothing of it any more, memory included
              connected       the backends of all its disks and network cards are connected to it
              ip              an agent in the guest has published an address, which is printed
              domain-count=N  the host has N guests: without domain 0, xenstore's own and device models
            Exits with 0 when it is reached, 124 when the time is over, and 1 when it cannot be reached any more: a \
            domain is unknown, vanishes or shuts down meanwhile. A domain that is unknown is gone.
            xenstore tells of all this but of a pause and its end, a guest that is resumed, and memory that comes free at \
            last: while one of these is awaited, the hypervisor is asked ten times a second.
            """)
    static let isUpstream = false

    /// What timeout(1) exits with, too.
    static let timedOut = ExitStatus(124)

    @Option(name: .customLong("for"), help: ArgumentHelp("What to wait for.", valueName: "state"))
    var state: AwaitedState
    @Option(help: ArgumentHelp("Wait no longer; 0 looks once.", valueName: "seconds")) var timeout: Double?
    @Flag(help: "Print what was reached as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of each domain; none with domain-count.") var domains: [String] = []

    func validate() throws {
        if let timeout, !(0...1e9).contains(timeout) { throw ValidationError("--timeout must be a number of seconds") }
        if case .guests = state {
            guard domains.isEmpty else { throw ValidationError("domain-count is of the host, and takes no domains") }
        } else if domains.isEmpty {
            throw ValidationError("Missing expected argument '<domain> ...'")
        }
    }

    static func exitStatus(for error: any Error) -> ExitStatus {
        (error as? ToolstackError)?.code == .timedOut ? timedOut : .failure
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let start = ContinuousClock.now
        let limit = timeout.map { Duration.seconds($0) }
        var reached: [DomainView?] = []
        var numbers: [DomainID?] = []
        switch state {
        case .guests(let count): try await toolstack.waitForGuests(count, within: limit)
        case .each(let condition):
            numbers = try domains.map { try find($0, condition, toolstack) }
            let views = try await toolstack.wait(for: condition, of: numbers.compactMap(\.self), within: limit)
            var rest = views[...]
            reached = numbers.map { $0 == nil ? nil : rest.popFirst() ?? nil }
        }
        if json {
            let document = WaitOutput.document(
                state, Array(zip(numbers, reached)), duration: ContinuousClock.now - start)
            try Output.print(json: document)
        } else if state == .each(.address) {
            for view in reached { Output.print(WaitOutput.addresses(view)) }
        }
        return .success
    }

    /// - Returns: nil for a domain that is not there, where that is what is awaited.
    private func find(_ word: String, _ condition: DomainCondition, _ toolstack: Toolstack) throws -> DomainID? {
        do { return try toolstack.findDomain(word) } catch {
            guard error.code == .domainNotFound, condition == .gone || condition == .shutDown else { throw error }
            return nil
        }
    }
}
