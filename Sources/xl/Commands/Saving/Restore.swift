import ArgumentParser
import DomainConfig
import DomainModel
import Glibc
import SystemPackage
import XenToolstack
import XenTypes

struct RestoreCommand: ActingCommand {
    static let configuration = named(
        "restore", "Restore a domain from a saved state", usage: "[options] [<ConfigFile>] <CheckpointFile>",
        discussion: "With a configuration file, that counts instead of the configuration in the saved state.")

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "A configuration file, if it is to count; and the file that 'xl save' wrote.", completion: .file())
    var files: [String]
    @OptionGroup var start: StartFlags
    @Flag(name: .customShort("d"), help: "Print the resulting configuration.")
    var isDebugging = false

    func validate() throws {
        guard (1...2).contains(files.count) else {
            throw ValidationError("one or two files are wanted: [<ConfigFile>] <CheckpointFile>")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let path = files.last else { return .usage }
        let name = path
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
        } catch {
            throw ToolstackError(.invalid, "Can't open restore file \(name)", cause: "\(error)")
        }
        defer { try? file.close() }
        let stream = try StreamDescriptor(duplicating: file, for: .reading)
        let header = try await TerminationSignals.cancelling {
            try await SaveFileHeader.read(from: stream, name: name)
        }
        Output.say("Loading new save file \(name) (new xl fmt info \(header.info))")
        try header.header.requireVersion2(of: name)
        let global = try context.globalConfig()
        let configuration = try configuration(header.header, name: name, global: global, in: context)
        if isDebugging { Output.plainError(bytes: try global.outputFormat.text(of: configuration)) }
        var domain = DomainStart(configuration, start, global: global, in: context)
        domain.options.image = SavedImage(stream: stream)
        let progress = RestoreProgress(of: stream, file: file, options: context.options)
        domain.created = { await progress.finish() }
        return try await domain.run()
    }

    /// The configuration of the file that was named, or else the saved one, within the masks of xl.conf.
    private func configuration(
        _ header: SaveFileHeader, name: String, global: GlobalConfig, in context: CommandContext
    ) throws -> DomainConfiguration {
        if files.count == 2 {
            CommandContext.announce(header)
            Output.say("Parsing config from \(files[0])")
            return try context.configuration(path: files[0], words: [], global: global, ignoringMasks: false)
        }
        return try context.configuration(of: header, source: name, global: global)
    }
}

/// Shows how much of a saved domain has been read: its bytes against the file's.
private struct RestoreProgress: Sendable {
    private let task: Task<Void, Never>?

    /// How often the bar is drawn.
    private static let interval = Duration.milliseconds(100)

    init(of stream: StreamDescriptor, file: FileDescriptor, options: GlobalOptions) {
        var status = stat()
        guard ProgressBar(label: "", options: options).isShown, fstat(file.rawValue, &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else {
            task = nil
            return
        }
        let total = UInt64(max(status.st_size, 0))
        task = Task(executorPreference: EventLoop.shared.preference) {
            var bar = ProgressBar(label: "Restoring", options: options)
            while !Task.isCancelled {
                bar.update(done: stream.position ?? 0, total: total)
                try? await idle(for: Self.interval)
            }
            bar.finish()
        }
    }

    /// Ends the bar's line, so that other text can follow.
    func finish() async {
        task?.cancel()
        await task?.value
    }
}
