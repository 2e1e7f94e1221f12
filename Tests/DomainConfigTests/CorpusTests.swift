import ConfigCorpus
import Testing
import XenTypes

@testable import DomainConfig

@Suite struct CorpusTests {
    @Test func everyCaseIsReadWithoutHarm() {
        let all = ConfigCorpus.all()
        #expect(all.count >= 2000)
        #expect(Set(all.map(\.name)).count == all.count)
        let cases = ConfigCorpus.sample(every: 3)
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

extension CorpusTests {
    @Test func writtenConfigurationsMeanTheSame() {
        let environment = ConfigEnvironment(host: HostTopology(cpuCount: 8, onlineCPUs: 8, nodes: [Bitmap(0..<8)]))
        for test in ConfigCorpus.sample(every: 4) {
            let document = ConfigDocument(file: ConfigSource(name: test.name, text: test.text))
            guard let configuration = DomainConfigParser.parse(document, environment: environment).configuration else {
                continue
            }
            let (text, omissions) = ConfigWriter.text(for: configuration)
            guard omissions.isEmpty else { continue }
            let again = DomainConfigParser.parse(
                ConfigDocument(file: ConfigSource(name: "written", text: text)), environment: environment)
            #expect(
                again.configuration == configuration,
                "\(test.name):\n\(test.text)---\n\(text)\(again.diagnostics.map(\.text).joined(separator: "\n"))")
        }
    }
}
