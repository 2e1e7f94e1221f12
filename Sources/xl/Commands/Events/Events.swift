import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct EventsCommand: XLCommand {
    static let configuration = named(
        "events", "Print what happens to domains, until it is interrupted",
        discussion: """
            A line an event: created, renamed, running, paused, shutdown with its reason, destroyed, the state of a \
            device's backend, and the addresses that an agent in a guest publishes. With domains, only theirs: a name \
            stands for whoever has it, so also for the same guest after a reboot; with numbers alone it ends when these \
            domains are gone.
            xenstore tells of all this at once, but of a pause and its end, and of a guest that is resumed: for these \
            the hypervisor is asked twice a second. What changes more often than it is looked at is told as it is in \
            the end. Nothing keeps what happened earlier: --since start tells first what is there.
            """)
    static let isUpstream = false

    enum Start: String, CaseIterable, ExpressibleByArgument, Sendable {
        case now, start
    }

    @Flag(help: "Print each event as a JSON document on a line of its own.") var json = false
    @Option(help: "now, or start: first the domains that there are, as events that say so.") var since = Start.now
    @Argument(help: "Only these domains: name, number or UUID.") var domains: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        for word in domains { _ = try toolstack.findDomain(word) }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await self.printEvents(of: toolstack) }
            group.addTask { try await Self.readerLeaves() }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
            return .success
        }
    }

    /// - Returns: true when no more can come, or nobody reads it.
    private func printEvents(of toolstack: Toolstack) async throws -> Bool {
        var selection = DomainSelection(domains)
        let events = toolstack.events(includingPresent: since == .start) { [selection] in selection.contains($0) }
        for try await event in events {
            if json { try EventOutput.printLine(event) } else { Output.print(EventOutput.line(event)) }
            if Output.flush() != nil { return true }
            if event.change == .destroyed, selection.hasEnded(without: event.domain) { return true }
        }
        return true
    }

    /// Waits until nobody reads the answer any more, which only a pipe can tell.
    ///
    /// - Returns: false when it is no pipe.
    private static func readerLeaves() async throws(CancellationError) -> Bool {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return false }
        try await waitUntilReadable(FileDescriptor(rawValue: STDOUT_FILENO))
        return true
    }
}

/// The domains that operands mean: by number, or whoever has a name or a UUID.
struct DomainSelection: Sendable {
    private var numbers: Set<UInt32> = []
    private var names: Set<String> = []
    private var uuids: Set<XenUUID> = []
    private let isEverything: Bool

    init(_ words: [String]) {
        isEverything = words.isEmpty
        for word in words {
            if word.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
                if let number = UInt32(word) { numbers.insert(number) }
            } else {
                names.insert(word)
                if let uuid = XenUUID(word) { uuids.insert(uuid) }
            }
        }
    }

    func contains(_ view: DomainView) -> Bool {
        isEverything || numbers.contains(view.domain.rawValue) || uuids.contains(view.uuid)
            || view.name.map { names.contains($0) } ?? false
    }

    /// Notes that a domain is no more.
    ///
    /// - Returns: whether no domain that is meant can come any more.
    mutating func hasEnded(without domain: DomainID) -> Bool {
        numbers.remove(domain.rawValue)
        return !isEverything && numbers.isEmpty && names.isEmpty
    }
}
