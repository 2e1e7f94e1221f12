import Testing

@testable import xl

/// Commands made from operands alone are those that the parser of options makes.
@Suite struct OperandTests {
    @Test(arguments: CommandTable.rows.map(\.name))
    func isAsParsed(_ name: String) throws {
        let type = try #require(CommandTable.lookUp(name)).command
        for words in [[], ["web"], ["web.cfg", "memory=5"], ["one", "two", "three"]] {
            try compare(type, words)
        }
    }

    @Test func oftenCalledCommandsHaveTheForm() {
        #expect(ListCommand(operands: []) != nil)
        #expect(DomIDCommand(operands: ["web"]) != nil)
        #expect(DestroyCommand(operands: ["web"]) != nil)
        #expect(CreateCommand(operands: ["web.cfg", "memory=5"]) != nil)
        #expect(CreateCommand(operands: ["web.cfg", "other.cfg"]) == nil)
    }

    private func compare<Command: XLCommand>(_ type: Command.Type, _ words: [String]) throws {
        guard let command = type.init(operands: words) else { return }
        #expect(String(describing: command) == String(describing: try type.parse(words)))
    }
}
