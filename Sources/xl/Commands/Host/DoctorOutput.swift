import Glibc
import XenToolstack
import XenTypes
import YajlJSON

/// What the doctor says, for people.
enum DoctorText {
    /// One block a finding, under what it is one of.
    static func text(_ findings: [Finding]) -> String {
        var lines: [String] = []
        var code = ""
        for finding in findings {
            if finding.code != code {
                code = finding.code
                let summary = Ailment.all.first { $0.code == code }?.summary ?? ""
                lines += (lines.isEmpty ? [] : [""]) + ["\(code): \(summary)"]
            }
            lines += block(finding)
        }
        return (lines + ["", summary(findings)]).joined(separator: "\n")
    }

    private static func block(_ finding: Finding) -> [String] {
        let since = finding.since.flatMap(date).map { ", since \($0)" } ?? ""
        let note = finding.severity == .note ? " (a note)" : ""
        var lines = ["  " + finding.subject.escapingControls + since + note]
        lines += wrapped(finding.explanation)
        if let who = finding.who { lines += wrapped("By: \(who)") }
        // Never broken: it is to be copied.
        lines.append("    Remedy: \(finding.remedy.escapingControls)")
        if let hindrance = finding.hindrance {
            lines += wrapped("Not mended now: \(hindrance).")
        } else if finding.isMendable {
            lines.append("    Mended by: \(command(finding))")
        }
        return lines
    }

    /// What has the doctor mend it.
    private static func command(_ finding: Finding) -> String {
        switch finding.consent {
        case .general: "xl doctor --fix"
        case .named: "xl doctor --fix" + (finding.domain.map { " \($0)" } ?? "")
        }
    }

    private static func summary(_ findings: [Finding]) -> String {
        let certain = findings.count { $0.isMendable && $0.hindrance == nil && $0.consent == .general }
        let notes = findings.count { $0.severity == .note }
        let counts = [(findings.count - notes, "problem"), (notes, "note")].filter { $0.0 > 0 }.map { count, word in
            "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        let count = counts.joined(separator: ", ")
        return certain == 0 ? "\(count)." : "\(count); xl doctor --fix mends \(certain)."
    }

    static func line(_ treatment: Doctor.Treatment) -> String {
        let outcome = treatment.failure.map { "not mended: \($0)" } ?? treatment.done ?? ""
        return "\(treatment.finding.code): \(treatment.finding.subject): \(outcome)".escapingControls
    }

    private static func wrapped(_ text: String) -> [String] { TextLayout.wrapped(text, indent: 4) }

    private static func date(_ seconds: Int) -> String? {
        var seconds = time_t(seconds)
        var fields = tm()
        guard localtime_r(&seconds, &fields) != nil else { return nil }
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &fields)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The same for programs: `schemas/doctor.schema.json`.
enum DoctorJSON {
    /// - Parameter now: seconds since 1970.
    static func document(_ report: Doctor.Report, now: Int) -> JSONValue {
        .object([
            ("findings", .array(report.findings.map { finding($0, now: now) })),
            ("treatments", .array(report.treatments.map(treatment))),
        ])
    }

    private static func finding(_ finding: Finding, now: Int) -> JSONValue {
        .object([
            ("code", .string(finding.code)),
            ("severity", .string(finding.severity.rawValue)),
            ("subject", .string(finding.subject)),
            ("domid", .count(finding.domain?.rawValue)),
            ("explanation", .string(finding.explanation)),
            ("age_seconds", .count(finding.since.map { max(0, now - $0) })),
            ("who", .text(finding.who)),
            ("remedy", .string(finding.remedy)),
            ("mendable", .text(finding.isMendable ? finding.consent.rawValue : nil)),
            ("hindrance", .text(finding.hindrance)),
        ])
    }

    private static func treatment(_ treatment: Doctor.Treatment) -> JSONValue {
        .object([
            ("code", .string(treatment.finding.code)),
            ("subject", .string(treatment.finding.subject)),
            ("domid", .count(treatment.finding.domain?.rawValue)),
            ("done", .text(treatment.done)),
            ("failure", .text(treatment.failure)),
        ])
    }
}
