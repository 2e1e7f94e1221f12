import Testing

@testable import DomainConfig

/// A value as a short text: strings in quotes, lists in brackets.
private func show(_ value: ConfigValue) -> String {
    switch value {
    case .text(let text): "\"\(text.string)\""
    case .list(let list): "[" + list.elements.map(show).joined(separator: ",") + "]"
    }
}

private func document(_ text: String) -> ConfigDocument {
    ConfigDocument(file: ConfigSource(name: "test.cfg", text: text))
}

private func settings(_ text: String) -> [String] {
    document(text).settings.map { "\($0.name)\($0.operation == .assign ? "=" : "+=")\(show($0.value))" }
}

private func problems(_ text: String) -> [String] {
    document(text).diagnostics.map { "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.code.rawValue)" }
}

@Suite struct LanguageTests {
    @Test(arguments: [
        ("", []), ("\n\n# nothing\n", []), ("a=1", ["a=\"1\""]),
        ("a = 0x1f ; b.c_1='x'\n", ["a=\"0x1f\"", "b.c_1=\"x\""]),
        ("a += \"x\"\n", ["a+=\"x\""]), ("a=[]", ["a=[]"]), ("a=[ 1,'b' ,]", ["a=[\"1\",\"b\"]"]),
        ("a=[\n# one\n'x',\n\n['y',\n[]]\n]\n", ["a=[\"x\",[\"y\",[]]]"]), ("a=1\r\nb=2\r\n", ["a=\"1\"", "b=\"2\""]),
        ("a=1 # the last line", ["a=\"1\""]), ("\u{FEFF}a=1", ["a=\"1\""]), (";;a=1;;", ["a=\"1\""]),
        (#"a='it\'s \"q\" \\ \x41\102\t|'"#, ["a=\"it's \"q\" \\ AB\t|\""]),
        ("a='# no comment'", ["a=\"# no comment\""]),
        ("a=12ab", ["a=\"12ab\""]), ("a='x\ry'\r\n", ["a=\"x\ry\""]),
    ])
    func valid(text: String, expected: [String]) {
        #expect(settings(text) == expected)
        #expect(problems(text) == [])
    }

    @Test(arguments: [
        ("a=", ["1:3 syntax"]), ("a\nb=1", ["1:2 syntax"]), ("=1", ["1:1 syntax"]), ("a=1 b=2", ["1:5 syntax"]),
        ("a=4g", ["1:4 syntax"]), ("Abc=1\nb=yes\nc=-1\n", ["1:1 syntax", "2:3 syntax", "3:3 syntax"]),
        ("a='x\nb='y", ["1:3 unterminated-string", "2:3 unterminated-string"]), ("a=[1", ["1:3 syntax"]),
        ("a=['x'\nb=2\nc=?", ["1:3 syntax", "3:3 syntax"]), ("a=['x' 'y']", ["1:8 syntax"]), ("a=[,]", ["1:4 syntax"]),
        ("a=[ x-y, 'z' ]\nb=@", ["1:5 syntax", "2:3 syntax"]), ("a=]", ["1:3 syntax"]),
        ("a=1\u{0}", ["1:4 invalid-byte"]),
        (
            #"a='\q\x4\400\0'"#,
            Array(repeating: "1:", count: 4).enumerated().map { "1:\([4, 6, 9, 13][$0.0]) invalid-escape" }
        ),
        ("é=1\nb='é' x", ["1:1 syntax", "2:7 syntax"]), ("a=1\rb=2", ["1:4 syntax"]), ("a+1", ["1:2 syntax"]),
    ])
    func invalid(text: String, expected: [String]) {
        #expect(problems(text) == expected)
    }

    @Test func recoveryKeepsWhatIsRight() {
        #expect(settings("a=1\nb=?\nc=2\nd=['x',\n?\n]\ne=3\n") == ["a=\"1\"", "c=\"2\"", "e=\"3\""])
        #expect(settings("a=1 b=2") == ["a=\"1\"", "b=\"2\""])
    }

    @Test func nestingHasALimit() {
        func nested(_ depth: Int) -> String {
            "a=" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(problems(nested(ConfigDocument.maximumNesting)) == [])
        #expect(problems(nested(ConfigDocument.maximumNesting + 1) + "\nb=1") == ["1:67 limit"])
        #expect(problems(nested(100_000)).count == 1)
    }

    @Test func sizeHasALimit() {
        let text = String(repeating: "#", count: ConfigSource.maximumSize + 1)
        #expect(document(text).diagnostics.map(\.code) == [.limit])
        #expect(document(text).diagnostics.first?.message.contains("1 MiB") == true)
    }

    @Test func bytesAreKept() {
        let source = ConfigSource(name: "t", bytes: Array("a='".utf8) + [0xFF, 0x80] + Array("'".utf8))
        guard case .text(let text)? = ConfigDocument(file: source).settings.first?.value else {
            Issue.record("no text")
            return
        }
        #expect(text.bytes == [0xFF, 0x80])
    }

    @Test func offsetsInStringsAreOffsetsInTheSource() {
        guard case .text(let text)? = document(#"a='x\x41yz'"#).settings.first?.value else {
            Issue.record("no text")
            return
        }
        #expect(text.string == "xAyz")
        #expect(text.sourceRange(0..<1).bytes == 3..<4)
        #expect(text.sourceRange(1..<2).bytes == 4..<8)
        #expect(text.sourceRange(2..<4).bytes == 8..<10)
        #expect(text.sourceRange(4..<4).bytes.lowerBound == 10)
        #expect(text.sourceRange(7..<9) == text.range)
    }

    @Test func wordsFollowTheFile() {
        let document = ConfigDocument(file: ConfigSource(name: "f", text: "a=1"), words: ["b=2", "c=?"])
        #expect(document.settings.map(\.name) == ["a", "b"])
        #expect(document.diagnostics.first?.location?.file == "command line")
        #expect(document.diagnostics.first?.location?.line == 2)
    }

    @Test func garbageIsReportedOnceOrNotAtAll() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ab=+[]',\"\\x41;#\n\r \t?é0".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            let document = ConfigDocument(file: ConfigSource(name: "t", bytes: bytes))
            for diagnostic in document.diagnostics { #expect(!diagnostic.text.isEmpty) }
        }
        let many = ConfigDocument(file: ConfigSource(name: "t", text: String(repeating: "?\n", count: 100_000)))
        #expect(many.diagnostics.count == DiagnosticSink.maximumCount + 1)
    }
}

@Suite struct DiagnosticTests {
    @Test func textShowsLineAndCaret() {
        let text = document("name = 'x'\n\tmemory = 4g\n").diagnostics.first?.text
        #expect(
            text == """
                test.cfg:2:12: error: a number is followed by "g"; numbers take no unit, \
                expected the end of the line or ";" after the value
                     memory = 4g
                               ^
                """)
    }

    @Test func controlCharactersAreShownEscaped() {
        let text = document("a='\u{1B}[31m").diagnostics.first?.text ?? ""
        #expect(text.contains("    a='\\x1b[31m"))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func longLinesAreCut() {
        let line = "a = '" + String(repeating: "x", count: 5000) + "' ?" + String(repeating: " ", count: 5000)
        let text = document(line).diagnostics.first?.text ?? ""
        #expect(text.count < 400)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.last?.last == "^")
        let caret = lines.last?.count ?? 0
        #expect(Array(lines[1])[caret - 1] == "?")
    }

    @Test(arguments: [
        ("memmory", "memory"), ("vpcus", "vcpus"), ("Memory", "memory"), ("on_powerof", "on_poweroff"), ("xyz", nil),
        ("m", nil), ("", nil),
    ])
    func suggestions(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["memory", "vcpus", "on_poweroff", "name", "disk"]) == expected)
    }
}
