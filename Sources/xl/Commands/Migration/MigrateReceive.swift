import ArgumentParser
import DomainConfig
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct MigrateReceiveCommand: XLCommand {
    static let configuration = named(
        "migrate-receive", "Restore a domain from a saved state", usage: "- for internal use only",
        discussion: "The other side of xl migrate, which starts this on the host that it is given.")

    @Flag(name: .customShort("F"), help: "Run in foreground until death of the domain.")
    var staysInForeground = false
    @Flag(name: .customShort("e"), help: "Do not wait in the background for the death of the domain.")
    var hasNoMonitor = false
    @Flag(name: .customShort("d"), help: "Print the resulting configuration.")
    var isDebugging = false
    @Flag(name: .customShort("p"), help: "Leave the domain paused.")
    var staysPaused = false
    @Flag(name: .customShort("r"), help: "Keep a copy for xl remus, which runs when the connection ends.")
    var isBackup = false

    private static let source = "<incoming migration stream>"

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        Self.say("Ready to receive domain.")
        let connection = MigrationConnection(
            input: FileDescriptor.standardInput, output: FileDescriptor.standardOutput, name: "migration stream")
        let receiver = MigrationReceiver(toolstack, connection)
        try receiver.greet()
        let domain = try await TerminationSignals.cancelling { [self] in
            let arriving = try await prepare(in: context)
            // Takes the domain away should this process be killed.
            let keeper = try Keeper(
                .arrival(
                    arriving.configuration.createInfo.uuid ?? .zero,
                    name: arriving.configuration.createInfo.name ?? ""))
            defer { keeper.release() }
            let domain = try await make(arriving, in: context)
            guard !isBackup else {
                Self.say("Remus Failover for domain \(domain)")
                try await receiver.takeOver(domain, name: arriving.name)
                // Better without a monitor than not at all.
                try await watchOver(domain, in: context)
                return domain
            }
            try await receiver.finish(domain, name: arriving.name, staysPaused: staysPaused) {
                Self.show($0)
            } prepare: {
                try await watchOver(domain, in: context)
            }
            return domain
        }
        if staysInForeground, !hasNoMonitor { return await Monitor(domain: domain, context: context).run() }
        return .success
    }

    /// A domain of which only the memory has not yet arrived.
    private struct Arriving: Sendable {
        var configuration: DomainConfiguration
        /// Its own; until it may run, the configuration has another.
        var name: String
        var stream: StreamDescriptor
        var options: CreateOptions
    }

    private func prepare(in context: CommandContext) async throws -> Arriving {
        let stream = try StreamDescriptor(duplicating: .standardInput, for: .reading)
        let header = try await SaveFileHeader.read(from: stream, name: Self.source)
        Output.plainError("Loading new save file \(Self.source) (new xl fmt info \(header.info))")
        try header.header.requireVersion2(of: Self.source)
        let global = try context.globalConfig()
        var configuration = try context.configuration(of: header.header, source: Self.source, global: global)
        let name = configuration.createInfo.name ?? ""
        if !name.isEmpty { configuration.createInfo.name = name + Toolstack.MigrationSuffix.arriving }
        configuration.createInfo.uuid = configuration.createInfo.uuid ?? XenUUID.random()
        if isDebugging { Output.plainError(bytes: try global.outputFormat.text(of: configuration)) }
        var options = CreateOptions(global, on: context.toolstack)
        options.image = SavedImage(stream: stream)
        options.image?.isArriving = true
        options.image?.isCheckpointed = isBackup
        return Arriving(configuration: configuration, name: name, stream: stream, options: options)
    }

    /// Makes the domain, up to but without letting it run.
    private func make(
        _ arriving: Arriving, in context: CommandContext
    ) async throws(ToolstackError) -> DomainID {
        do throws(ToolstackError) {
            return try await context.toolstack.create(arriving.configuration, options: arriving.options).domain
        } catch {
            Self.say("Domain creation failed (code \(error.code.rawValue)).")
            throw error
        }
    }

    private func watchOver(_ domain: DomainID, in context: CommandContext) async throws {
        guard !hasNoMonitor, !staysInForeground else { return }
        try await MonitorProcess.spawn(for: domain, context.toolstack)
    }

    private static func say(_ text: String) { Output.say("migration target: \(text)") }

    private static func show(_ event: MigrationReceiver.Event) {
        switch event {
        case .complete: say("Transfer complete, requesting permission to start domain.")
        case .permitted: say("Got permission, starting domain.")
        // Upstream's spelling.
        case .started: say("Domain started successsfully.")
        case .failed: say("Failure, destroying our copy.")
        case .destroyed: say("Cleanup OK, granting sender permission to resume.")
        }
    }
}
