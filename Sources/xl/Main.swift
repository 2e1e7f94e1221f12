import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack

@main
struct Main {
    static func main() {
        // A pipe that nobody reads is an error of what is written to it, and never the end of half-done work.
        let endsByBrokenPipe = signal(SIGPIPE, SIG_IGN).map { unsafeBitCast($0, to: Int.self) } != 1
        // Whatever this was started from: nobody else may write to sockets, locks and logs.
        umask(umask(0o077) | 0o022)
        let status = EventLoop.shared.run {
            if let status = await MonitorProcess.runIfWanted() { return status }
            if let status = await Keeper.runIfWanted() { return status }
            return await run(Array(CommandLine.arguments.dropFirst()))
        }
        if let failure = Output.flush() {
            if failure == .brokenPipe, endsByBrokenPipe { TerminationSignals().die(of: SIGPIPE) }
            Output.error("cannot write all of the answer to standard output")
            exit(status == .success ? ExitStatus.failure.rawValue : status.rawValue)
        }
        exit(status.rawValue)
    }

    /// Runs one command line.
    ///
    /// The command is looked up by name and parsed alone: building the tree of all commands first would
    /// cost more than most of them take.
    static func run(_ words: [String]) async -> ExitStatus {
        let (options, rest): (GlobalOptions, ArraySlice<String>)
        do {
            (options, rest) = try GlobalOptions.parse(words)
        } catch {
            Output.error("\(error)")
            return .failure
        }
        guard !options.asksForVersion else {
            let releases = Toolstack.releases
            Output.print("swift-xl \(Toolstack.version), for Xen \(releases.lowerBound) to \(releases.upperBound)")
            return .success
        }
        guard let name = rest.first else {
            Output.print(CommandTable.listing)
            return .failure
        }
        guard let row = CommandTable.lookUp(name) else {
            Output.error(CommandTable.unknownCommandText(name))
            return .failure
        }
        guard !options.isDryRun || row.command.supportsDryRun else {
            Output.error("\(row.name): command does not implement -N (dryrun) option")
            return .failure
        }
        return await run(row.command, Array(rest.dropFirst()), CommandContext(options: options))
    }

    private static func run<Command: XLCommand>(
        _ type: Command.Type, _ words: [String], _ context: CommandContext
    ) async -> ExitStatus {
        let command: Command
        do {
            command = try PlainWords(words).flatMap { type.init($0) } ?? type.parse(words)
        } catch {
            if type.exitCode(for: error).isSuccess {
                Output.print(type.fullMessage(for: error))
                return .success
            }
            Output.plainError("xl: error: \(type.message(for: error))")
            Output.plainError("Usage: \(type.usageString())\n'xl help \(type._commandName)' says more.")
            return .usage
        }
        do {
            return try await command.run(in: context)
        } catch let status as ExitStatus {
            return status
        } catch {
            Output.error("\(error)")
            return type.exitStatus(for: error)
        }
    }
}
