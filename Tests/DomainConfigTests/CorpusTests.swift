import ConfigCorpus
import DomainModel
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

    /// Keys that count only together with another one.
    private static let companions = [
        "pci_msitranslate": "pci=['00:1f.0']", "pci_power_mgmt": "pci=['00:1f.0']", "pci_permissive": "pci=['00:1f.0']",
        "pci_seize": "pci=['00:1f.0']",
    ]

    /// Values that are no cases of the corpus: each time they mean something else.
    private static let random = ["ms_vm_genid": "='generate'"]

    @Test func everyKeyLandsInTheModel() {
        let environment = ConfigEnvironment(host: HostTopology(cpuCount: 8, onlineCPUs: 8, nodes: [Bitmap(0..<8)]))
        func model(_ text: String) -> DomainConfiguration? {
            DomainConfigParser.parse(
                ConfigDocument(file: ConfigSource(name: "t", text: text)), environment: environment
            ).configuration
        }
        let cases = Dictionary(grouping: ConfigCorpus.all(), by: \.key)
        for key in ConfigKey.all {
            if case .ignored = key.treatment { continue }
            let companion = Self.companions[key.name].map { $0 + "\n" } ?? ""
            let more = Self.random[key.name].map {
                CorpusCase(
                    name: "", key: key.name, guest: "hvm",
                    text: "name='x'\nuuid='6f1c2a4e-0b1d-4c3e-9f00-112233445566'\ntype='hvm'\n\(key.name)\($0)\n")
            }
            let counts = (cases[key.name, default: []] + [more].compactMap { $0 }).contains { test in
                guard let with = model(test.text + companion) else { return false }
                let rest = test.text.split(separator: "\n").filter { !$0.hasPrefix("\(key.name)=") }
                // Without a name, kernel or identity there is no domain to compare with.
                guard let without = model(rest.joined(separator: "\n") + "\n" + companion) else { return true }
                return with != without
            }
            #expect(counts, "no case of \(key.name) changes the domain")
        }
    }
}
