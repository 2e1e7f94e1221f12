import DomainConfig
import Testing
import YajlJSON

@testable import xl

@Suite struct ConfigCommandTests {
    private func parse(_ text: String) -> (document: ConfigDocument, diagnostics: [Diagnostic]) {
        let document = ConfigDocument(file: ConfigSource(name: "t.cfg", text: text))
        return (document, DomainConfigParser.parse(document, environment: ConfigEnvironment()).diagnostics)
    }

    @Test func checkFollowsItsSchema() throws {
        let diagnostics = parse("name='x'\nmemmory=4g\nvcpus='two'\ndisk=['x,y']\nvif=['macc=1']\n").diagnostics
        #expect(diagnostics.count > 3)
        let answer = ConfigCheckJSON([.init("t.cfg", diagnostics), .init("u.cfg", [])])
        #expect(answer.errors == diagnostics.count { $0.severity == .error })
        let text = try YajlEncoder().encode(answer)
        #expect(try JSONSchema(named: "config-check").problems(in: text) == [])
    }

    @Test func keysFollowTheirSchema() throws {
        let answer = ConfigKeysJSON()
        #expect(answer.keys.count == ConfigKey.all.count + GlobalConfig.keys.count)
        #expect(try JSONSchema(named: "config-keys").problems(in: YajlEncoder().encode(answer)) == [])
    }

    @Test func diffNamesTheKeys() throws {
        let head = "name='x'\nkernel='/k'\nuuid='00000000-0000-0000-0000-000000000001'\n"
        let texts = [head + "memory=64\nvcpus=1", head + "memory=32\nvcpus=1\nextra='a'"]
        let configurations = try texts.map { text in
            let document = ConfigDocument(file: ConfigSource(name: "t", text: text))
            return try #require(DomainConfigParser.parse(document, environment: ConfigEnvironment()).configuration)
        }
        let answer = ConfigDiffJSON(configurations[0], configurations[1])
        #expect(answer.differences.map(\.key) == ["memory", "cmdline"])
        #expect(answer.differences.map(\.before) == ["64", nil] && answer.differences.map(\.after) == ["32", "\"a\""])
        #expect(try JSONSchema(named: "config-diff").problems(in: YajlEncoder().encode(answer)) == [])
    }

    @Test func whatOneSideLeavesToChanceIsNoDifference() throws {
        let lines = ["vif=['bridge=b']", "vif=['mac=00:16:3e:00:00:01,bridge=b']"]
        var configurations = try lines.map { line in
            let document = ConfigDocument(file: ConfigSource(name: "t", text: "name='x'\nkernel='/k'\n" + line))
            return try #require(DomainConfigParser.parse(document, environment: ConfigEnvironment()).configuration)
        }
        #expect(ConfigDiffJSON(configurations[0], configurations[1]).differences.map(\.key) == ["uuid"])
        configurations[0].createInfo.uuid = nil
        #expect(ConfigDiffJSON(configurations[0], configurations[1]).differences.isEmpty)
        #expect(ConfigDiffJSON(configurations[1], configurations[0]).differences.isEmpty)
    }

    @Test(arguments: [
        (["check"], false), (["check", "a"], true), (["show"], false), (["show", "a"], true),
        (["show", "a", "b"], false),
        (["diff", "a"], false), (["diff", "a", "b"], true), (["keys"], true), (["keys", "a"], false),
        (["show", "--strict", "a"], false), (["check", "--strict", "--host", "--json", "a", "b"], true),
        (["other"], false),
    ])
    func operands(words: [String], isRight: Bool) {
        #expect(((try? ConfigCommand.parse(words)) != nil) == isRight)
    }
}
