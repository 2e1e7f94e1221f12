import ArgumentParser
import DomainModel
import SystemPackage
import XenToolstack
import XenTypes
import YajlJSON

struct SaveCommand: XLCommand {
    static let configuration = named(
        "save", "Save a domain state to restore later", usage: "[options] <Domain> <CheckpointFile> [<ConfigFile>]",
        discussion: """
            The file is complete before it has its name and before the domain is destroyed: after a failure, or an \
            interruption, the domain goes on and there is no file.
            """)

    @Flag(name: .customShort("c"), help: "Leave domain running after creating the snapshot.")
    var staysRunning = false
    @Flag(name: .customShort("p"), help: "Leave domain paused after creating the snapshot.")
    var staysPaused = false
    @Flag(name: .customShort("D"), help: "Store the domain id in the configuration.")
    var keepsNumber = false
    @Flag(help: "Print what was done as a JSON document, and what happens as lines of JSON on standard error.")
    var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The file to write.", completion: .file()) var file: String
    @Argument(help: "A configuration to store in place of the domain's own.", completion: .file())
    var configurationFile: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let id = try toolstack.findDomain(domain)
        let configuration = try await configuration(of: id, in: context)
        let display = SaveDisplay(file: file, isJSON: json, options: context.options)
        var options = SaveOptions()
        options.report = { display.show($0) }
        let after: AfterSave = staysPaused ? .pause : staysRunning ? .resume : .destroy
        let path = FilePath(file)
        let summary = try await TerminationSignals.cancelling { [options] in
            defer { display.finish() }
            return try await toolstack.save(
                id, toFile: path, configuration: configuration, then: after, options: options)
        }
        if json { try Output.print(json: display.document(summary, domain: id)) }
        return .success
    }

    private func configuration(of id: DomainID, in context: CommandContext) async throws -> DomainConfiguration {
        if let configurationFile {
            return try context.configuration(
                path: configurationFile, words: [], global: try context.globalConfig(), ignoringMasks: true)
        }
        var configuration = try await context.toolstack.currentConfiguration(of: id)
        configuration.createInfo.domainID = keepsNumber ? id : .control
        return configuration
    }
}
