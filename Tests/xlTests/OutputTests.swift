import DomainModel
import Foundation
import Testing
import XenTypes
import YajlJSON

@testable import xl

@Suite struct OutputTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../DomainModelTests/Fixtures")

    /// The pairs are what upstream printed with `output_format` `json` and `sxp`.
    @Test(arguments: ["bytes", "defaults", "hvm-full", "hvm-minimal", "hvm-rombios", "pv-devices", "pv-minimal"])
    func sExpressionsAreUpstreams(name: String) throws {
        let json = try Data(contentsOf: Self.fixtures.appendingPathComponent("\(name).json"))
        let expected = try Data(contentsOf: Self.fixtures.appendingPathComponent("\(name).sxp"))
        let configuration = try YajlDecoder().decode(DomainConfiguration.self, from: json)
        let text = SExpression.text(of: configuration, domain: nil, uuid: nil)
        #expect(Data(text.unescapedBytes) == expected)
    }

    @Test func pvhHasAnSExpressionToo() throws {
        let json = try Data(contentsOf: Self.fixtures.appendingPathComponent("pvh-minimal.json"))
        let configuration = try YajlDecoder().decode(DomainConfiguration.self, from: json)
        let text = SExpression.text(of: configuration, domain: DomainID(7), uuid: .zero)
        #expect(text.contains("\t\t(pvh 0)\n\t\t\t(kernel /k)\n"))
        #expect(text.contains("\t(domid 7)\n"))
    }

    @Test(arguments: [
        ("a\u{202e}b", "a\\u{202e}b"), ("\u{7f}", "\\x7f"), ("\u{9b}", "\\x9b"), ("\u{e000}", "\\u{e000}"),
        (String(escapingBytes: [0x61, 0xFF]), "a\\xff"), ("日本", "日本"),
    ])
    func whatCouldSteerATerminalIsEscaped(text: String, expected: String) {
        #expect(text.escapingControls == expected)
    }

    @Test func decimalsArePrintedWithoutFloatingPoint() {
        #expect(decimal(1234, places: 1) == "123.4")
        #expect(decimal(5, places: 2) == "0.05")
        #expect(decimal(0, places: 1) == "0.0")
        #expect(decimal(.max, places: 0) == "18446744073709551615")
    }

    @Test func restartsOfShortLivesAreFurtherAndFurtherApart() {
        var pace = RestartPace()
        let pauses = (0..<8).map { _ in pace.pause(afterLifeOf: .seconds(1))?.components.seconds }
        #expect(pauses == [2, 4, 8, 16, 32, 60, 60, 60])
        pace = RestartPace(text: "\(pace.seconds)")
        #expect(pace.pause(afterLifeOf: .seconds(9)) == .seconds(60))
        #expect(pace.pause(afterLifeOf: .seconds(10)) == nil)
        #expect(pace.pause(afterLifeOf: .zero) == .seconds(2))
        #expect(["", "-5", "x"].map { RestartPace(text: $0).seconds } == [0, 0, 0])
        #expect(RestartPace(text: "99999").seconds == 60)
    }

    @Test func progressIsABar() {
        #expect(ProgressBar.line(label: "x", percent: 50).hasSuffix(" 50%"))
        #expect(ProgressBar.line(label: "x", percent: 50).filter { $0 == "#" }.count == 20)
    }

    /// Clients read the list: a line of ours is a line of upstream's where it has the command, and those stand in its
    /// order before our own.
    @Test func theListOfCommandsIsUpstreams() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/help.txt")
        let upstream = try String(contentsOf: file, encoding: .utf8)
        var rest = upstream.split(separator: "\n")[...]
        let listed = CommandTable.rows.prefix { $0.command.isUpstream }
        for line in CommandTable.listing(of: listed).split(separator: "\n") {
            let index = try #require(rest.firstIndex(of: line), "not upstream's, or not in its order: \(line)")
            rest = rest[(index + 1)...]
        }
        #expect(!CommandTable.rows.dropFirst(listed.count).contains { $0.command.isUpstream })
    }
}
