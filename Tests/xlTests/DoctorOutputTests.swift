import Testing
import XenTypes
import YajlJSON

@testable import XenToolstack
@testable import xl

@Suite struct DoctorOutputTests {
    private var finding: Finding {
        var finding = Finding(
            "domain 7 (\"we\u{1b}[31mb\")", domain: DomainID(7), "It is paused.", since: 0, who: "xl create",
            remedy: "xl destroy 7", repair: .destroyDomain(DomainID(7), .zero))
        finding.code = "domain-half-made"
        return finding
    }

    @Test func aFindingIsABlockWithoutControlCharacters() {
        let lines = DoctorText.text([finding, finding]).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasPrefix("domain-half-made: a domain whose creation was cut off"))
        #expect(lines[1].hasPrefix("  domain 7 (\"we\\x1b[31mb\"), since 19"))
        #expect(
            lines[2...5] == [
                "    It is paused.", "    By: xl create", "    Remedy: xl destroy 7", "    Mended by: xl doctor --fix",
            ])
        #expect(lines[6].hasPrefix("  domain 7"))
        #expect(lines.last == "2 problems; xl doctor --fix mends 2.")
    }

    @Test func whatHindersIsToldInsteadOfWhatMends() {
        var finding = finding
        finding.hindrance = "xl create x (process 9) may be at work on it"
        let text = DoctorText.text([finding])
        #expect(text.contains("    Not mended now: xl create x (process 9) may be at work on it.\n\n1 problem."))
        finding.hindrance = nil
        finding.consent = .named
        #expect(DoctorText.text([finding]).contains("    Mended by: xl doctor --fix 7\n\n1 problem."))
    }

    @Test func notesAreCountedApart() {
        var note = Finding("/dev/loop1", "It shows x.", remedy: "losetup -d /dev/loop1", severity: .note)
        note.code = "loop-device-left"
        #expect(DoctorText.text([finding, note]).hasSuffix("\n\n1 problem, 1 note; xl doctor --fix mends 1."))
        let alone = DoctorText.text([note, note])
        #expect(alone.contains("  /dev/loop1 (a note)\n") && alone.hasSuffix("\n\n2 notes."))
    }

    @Test func theDocumentIsWhatItsSchemaSays() throws {
        var report = Doctor.Report()
        var plain = Finding("xenstored", "It is silent.", remedy: "kill -CONT 1")
        plain.code = "xenstored-silent"
        report.findings = [finding, plain]
        report.treatments = [
            Doctor.Treatment(finding: finding, done: "It was destroyed."),
            Doctor.Treatment(finding: plain, failure: "it cannot"),
        ]
        let bytes = try YajlEncoder(layout: .pretty).encode(DoctorJSON.document(report, now: 90))
        #expect(try JSONSchema(named: "doctor").problems(in: bytes) == [])
        #expect(String(decoding: bytes, as: UTF8.self).contains("\"age_seconds\": 90"))
        let empty = try YajlEncoder(layout: .pretty).encode(DoctorJSON.document(Doctor.Report(), now: 0))
        #expect(try JSONSchema(named: "doctor").problems(in: empty) == [])
    }

    @Test func aTreatmentIsALine() {
        let done = Doctor.Treatment(finding: finding, done: "Domain 7 was destroyed.")
        #expect(DoctorText.line(done) == "domain-half-made: domain 7 (\"we\\x1b[31mb\"): Domain 7 was destroyed.")
        let failed = Doctor.Treatment(finding: finding, failure: "it has changed")
        #expect(DoctorText.line(failed).hasSuffix(": not mended: it has changed"))
    }
}
