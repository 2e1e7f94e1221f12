import Testing

@testable import xl

/// Commands made from plain words are those that the parser of options makes.
@Suite struct PlainWordTests {
    private static let examples: [[String]] = [
        [], ["web"], ["web.cfg", "memory=5"], ["one", "two", "three"], ["-q", "-e", "web.cfg"], ["web", "-f"],
        ["-f", "web"],
        ["-cFp", "web.cfg"], ["-VAdni", "web.cfg", "-q", "-q"], ["-l"], ["-v", "web"], ["-nZ", "-c"],
    ]

    @Test(arguments: CommandTable.rows.map(\.name))
    func isAsParsed(_ name: String) throws {
        let type = try #require(CommandTable.lookUp(name)).command
        for words in Self.examples { try compare(type, words) }
    }

    @Test func oftenCalledCommandsHaveTheForm() throws {
        #expect(ListCommand(try #require(PlainWords(["-l"]))) != nil)
        #expect(DomIDCommand(try #require(PlainWords(["web"]))) != nil)
        #expect(DestroyCommand(try #require(PlainWords(["-f", "web"]))) != nil)
        #expect(CreateCommand(try #require(PlainWords(["-qe", "web.cfg", "memory=5"]))) != nil)
    }

    @Test func whatIsNotPlainIsLeftToTheParser() throws {
        for words in [["--quiet", "a.cfg"], ["-"], ["--"]] { #expect(PlainWords(words) == nil) }
        for words in [["web.cfg", "other.cfg"], ["-f", "web.cfg"], ["-h"], ["-qx", "web.cfg"]] {
            #expect(CreateCommand(try #require(PlainWords(words))) == nil)
        }
    }

    private func compare<Command: XLCommand>(_ type: Command.Type, _ words: [String]) throws {
        guard let command = PlainWords(words).flatMap({ type.init($0) }) else { return }
        #expect(String(describing: command) == String(describing: try type.parse(words)))
    }
}
