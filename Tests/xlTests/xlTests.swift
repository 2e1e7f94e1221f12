import Testing

@testable import xl

@Test func globalOptionsClusterAndEndAtTheCommand() throws {
    let (options, rest) = try GlobalOptions.parse(["-vvN", "-T", "list", "-v"])
    #expect(options.verbosity == 2)
    #expect(options.isDryRun)
    #expect(options.hasTimestamps)
    #expect(Array(rest) == ["list", "-v"])
    #expect(try GlobalOptions.parse(["-v", "--version", "list"]).0.asksForVersion)
    #expect(try !GlobalOptions.parse(["list", "--version"]).0.asksForVersion)
}

@Test func unknownGlobalOptionIsRefused() {
    #expect(throws: GlobalOptions.UnknownOption.self) { try GlobalOptions.parse(["-q", "list"]) }
}

@Test func aUniquePrefixNamesACommand() {
    #expect(CommandTable.lookUp("hel")?.name == "help")
    #expect(CommandTable.lookUp("nosuch") == nil)
    #expect(CommandTable.lookUp("") == nil)
}

@Test func everyRowNamesItsCommand() {
    for row in CommandTable.rows {
        #expect(row.command.configuration.commandName == row.name)
        #expect(!row.command.configuration.abstract.isEmpty)
    }
    #expect(Set(CommandTable.rows.map(\.name)).count == CommandTable.rows.count)
}

@Test func exitStatusOfUsageErrorsIsTwo() async {
    #expect(await Main.run(["help", "--nosuch"]) == .usage)
    #expect(await Main.run(["nosuch"]) == .failure)
    #expect(await Main.run(["-N", "help"]) == .failure)
    #expect(await Main.run(["help", "-h"]) == .success)
}

@Test(arguments: [("plain", "plain"), ("a\u{1b}[31mb", "a\\x1b[31mb"), ("two\nlines", "two\\x0alines"), ("é", "é")])
func controlCharactersAreEscaped(text: String, expected: String) {
    #expect(text.escapingControls == expected)
}
