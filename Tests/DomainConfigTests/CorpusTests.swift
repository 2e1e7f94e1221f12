import ConfigCorpus
import Testing

@testable import DomainConfig

@Suite struct CorpusTests {
    @Test func everyCaseIsReadWithoutHarm() {
        let cases = ConfigCorpus.all()
        #expect(cases.count >= 2000)
        #expect(Set(cases.map(\.name)).count == cases.count)
        var accepted = 0
        for test in cases {
            let document = ConfigDocument(file: ConfigSource(name: test.name, text: test.text))
            let result = DomainConfigParser.parse(document, environment: ConfigEnvironment())
            #expect((result.configuration == nil) == result.diagnostics.contains { $0.severity == .error })
            if result.configuration != nil { accepted += 1 }
        }
        #expect(accepted > cases.count / 3)
    }
}
