import Testing
import XenToolstack
import XenTypes
import YajlJSON

@testable import xl

@Suite struct SaveOutputTests {
    @Test(arguments: [UInt64?.none, 134_492_909])
    func theAnswerKeepsToItsSchema(_ bytes: UInt64?) throws {
        let display = SaveDisplay(file: "/root/\u{1b}x", isJSON: true, options: GlobalOptions())
        let summary = SaveSummary(
            bytes: bytes, pages: 32768, duration: .milliseconds(2500), suspended: ContinuousClock().now)
        let document = display.document(summary, domain: DomainID(7))
        #expect(document["seconds"] == .number(2.5))
        #expect(document["domid"]?.integer == 7)
        let problems = try JSONSchema(named: "save").problems(in: YajlEncoder().encode(document))
        #expect(problems.isEmpty, "\(problems)")
    }
}
