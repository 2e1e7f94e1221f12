import DomainConfig
import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

@Suite struct ExplanationTests {
    private func codes(_ kind: Explanation.Kind) -> [String] {
        Explanation.all.filter { $0.kind == kind }.map(\.code)
    }

    /// What can be printed as a code comes from these lists and from nowhere else: `Fault` is made of the first three,
    /// findings have a row's code, diagnostics and checks a case's.
    @Test func everyCodeThatIsPrintedIsExplainedAndNoOther() {
        let errors =
            ToolstackError.Code.allCases.map(FaultCode.name) + FaultCode.Own.allCases.map(\.rawValue)
            + ToolstackError.Reason.allCases.map(\.rawValue)
        for (kind, printed) in [
            (.error, errors), (.finding, Ailment.all.map(\.code)),
            (.diagnostic, DiagnosticCode.allCases.map(\.rawValue)), (.check, PCICheck.Code.allCases.map(\.rawValue)),
        ] as [(Explanation.Kind, [String])] {
            #expect(Set(codes(kind)) == Set(printed))
            #expect(codes(kind).count == printed.count, "each once")
        }
    }

    @Test func explanationsAreSentencesForPeople() throws {
        for explanation in Explanation.all {
            #expect(!explanation.causes.isEmpty && !explanation.meaning.isEmpty, "\(explanation.code)")
            let texts = explanation.causes + [explanation.meaning, explanation.remedy]
            #expect(texts.allSatisfy { $0 == $0.escapingControls && !$0.contains("  ") }, "\(explanation.code)")
        }
        let document = try YajlEncoder().encode(ExplainCommand.document(Explanation.all))
        #expect(try JSONSchema(named: "explain").problems(in: document) == [])
    }

    @Test func aCodeIsFoundHoweverItIsWritten() {
        #expect(Explanation.find("Domain-Not-Found").map(\.code) == ["domain_not_found"])
        #expect(Explanation.find("domain zombie").map(\.kind) == [.finding])
        #expect(Explanation.find("nonsense").isEmpty)
        #expect(Explanation.similar(to: "zombie") == ["domain-zombie"])
        #expect(Explanation.similar(to: "migration-lost").contains("migration-gone"))
        #expect(Explanation.similar(to: "").isEmpty)
    }

    @Test func anExplanationSaysWhatToDo() {
        let text = ExplainCommand.text(Explanation.find("pool-name-left")[0])
        #expect(
            text == """
                pool-name-left: the name of a CPU pool that is no more

                Usual causes:
                  - the destruction of a pool was cut off

                What to do:
                  'xl doctor --fix' removes the name.
                """)
    }
}
