import ArgumentParser
import DomainConfig
import Foundation
import Testing

@testable import xl

/// All commands under one root, as shells complete them.
private struct Root: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "xl", abstract: "Manage guests and the host of a Xen hypervisor",
        subcommands: CommandTable.rows.map { $0.command }.filter { $0 != HelpCommand.self })

    @Flag(name: .customShort("v"), help: "Log more.") var verbosity: Int
    @Flag(name: .customShort("N"), help: "Show what would be done.") var isDryRun = false
    @Flag(name: .customShort("f"), help: "Without effect.") var isForced = false
    @Flag(name: .customShort("t"), help: "Show progress by carriage returns.") var usesCarriageReturns = false
    @Flag(name: .customShort("T"), help: "Begin lines of the log with the time.") var hasTimestamps = false
}

/// The files of the repository that are made from the tables of commands and keys. `make docs` makes them again;
/// without it the tests below see that they are what the tables say.
@Suite struct GeneratedFiles {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let isUpdating = ProcessInfo.processInfo.environment["SWIFT_XL_UPDATE_GENERATED"] != nil

    private func check(_ path: String, _ text: String) throws {
        let file = Self.repository.appendingPathComponent(path)
        if Self.isUpdating { try Data(text.utf8).write(to: file) }
        let isCurrent = try String(contentsOf: file, encoding: .utf8) == text
        #expect(isCurrent, "\(path) is not what the tables say: run 'make docs'")
    }

    private func template(_ path: String) throws -> String {
        try String(contentsOf: Self.repository.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func manualOfTheCommands() throws {
        let text = try template("man/xl.1.in").replacingOccurrences(of: "@COMMANDS@", with: ManualPages.commands())
        try check("man/xl.1", text)
    }

    @Test(arguments: [("xl.cfg.5", ConfigKey.all), ("xl.conf.5", GlobalConfig.keys)])
    func manualOfTheKeys(page: String, keys: [ConfigKey]) throws {
        let text = try template("man/\(page).in").replacingOccurrences(of: "@KEYS@", with: ManualPages.text(of: keys))
        try check("man/\(page)", text)
    }

    @Test(arguments: [("xl.bash", CompletionShell.bash), ("_xl", .zsh), ("xl.fish", .fish)])
    func completions(name: String, shell: CompletionShell) throws {
        try check("completions/\(name)", Root.completionScript(for: shell) + "\n")
    }
}
