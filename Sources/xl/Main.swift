import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

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
            let words = Array(CommandLine.arguments.dropFirst())
            return await reporting(words) { finish(await run(words), endsByBrokenPipe: endsByBrokenPipe) }
        }
        exit(status.rawValue)
    }

    /// Writes what is left of the answer.
    ///
    /// - Returns: a failure also where only that fails.
    private static func finish(_ status: ExitStatus, endsByBrokenPipe: Bool) -> ExitStatus {
        guard let failure = Output.flush() else { return status }
        if failure == .brokenPipe, endsByBrokenPipe { TerminationSignals().die(of: SIGPIPE) }
        let text = "cannot write all of the answer to standard output"
        Output.error(Fault(.outputIncomplete, text), words: "xl: error: \(text)")
        return status == .success ? .failure : status
    }

    /// Does a command's work, and tells a program in one document what went wrong with it.
    private static func reporting(_ words: [String], _ work: () async -> ExitStatus) async -> ExitStatus {
        guard words.prefix(while: { $0 != "--" }).contains("--json") else { return await work() }
        let report = FaultReport()
        let status = await Output.$report.withValue(report) { await work() }
        if let document = report.document(status: status) { Output.line(json: document) }
        return status
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
            let text = CommandTable.unknownCommandText(name)
            Output.error(Fault(.unknownCommand, text), words: "xl: error: \(text.escapingControls)")
            return .failure
        }
        guard !options.isDryRun || row.command.supportsDryRun else {
            Output.error("\(row.name): command does not implement -N (dryrun) option", code: .notSupported)
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
            let (message, name) = (type.message(for: error), type._commandName)
            Output.error(
                Fault(.usage, message, hint: "'xl help \(name)' says how it is used"),
                words: "xl: error: \(message)\nUsage: \(type.usageString())\n'xl help \(name)' says more.")
            return .usage
        }
        do {
            if let command = command as? any ActingCommand, command.outcome.json {
                return try await command.runForOutcome(in: context)
            }
            return try await command.run(in: context)
        } catch let status as ExitStatus {
            return status
        } catch {
            Output.error(context.substantiating(error))
            return type.exitStatus(for: error)
        }
    }
}
