import ArgumentParser
import SystemPackage
import XenToolstack
import XenTypes
import YajlJSON

struct MigrateCheckCommand: XLCommand {
    static let configuration = named(
        "migrate-check", "Tell what speaks against a domain's coming here", usage: "- for internal use only",
        discussion: """
            What xl migrate asks on the other host before anything moves. It reads the domain's needs as a JSON document \
            and answers with one.
            """, isListed: false)
    static let isUpstream = false

    /// Larger requests are nobody's.
    private static let limit = 64 << 20

    func run(in context: CommandContext) async throws -> ExitStatus {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try FileDescriptor.standardInput.read(into: $0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard bytes.count <= Self.limit else { throw ToolstackError(.bufferFull, "the request is too long") }
        }
        let request: MigrationRequest
        do { request = try YajlDecoder().decode(MigrationRequest.self, from: bytes) } catch {
            throw ToolstackError(.invalid, "cannot read the request", underlying: error)
        }
        let toolstack = context.toolstack
        let balloons = toolstack.balloonsControlDomain(under: try context.globalConfig())
        try Output.print(json: try toolstack.check(request, balloons: balloons))
        return .success
    }
}

/// How the findings of a check are shown.
enum MigrationFindingsOutput {
    static func document(_ findings: MigrationFindings, domain: DomainID, host: String) -> JSONValue {
        func list(_ findings: [MigrationFindings.Finding]) -> JSONValue {
            .array(findings.map { .object([("subject", .string($0.subject)), ("text", .string($0.text))]) })
        }
        return .object([
            ("domid", .count(domain.rawValue)), ("host", .string(host)),
            ("can_migrate", .bool(findings.problems.isEmpty)), ("problems", list(findings.problems)),
            ("warnings", list(findings.warnings)), ("unchecked", list(findings.unchecked)),
        ])
    }

    /// A line for each finding. The other host's words must not look like one.
    static func lines(_ findings: MigrationFindings) -> [String] {
        let kinds = [
            ("problem", findings.problems), ("warning", findings.warnings), ("not checked", findings.unchecked),
        ]
        return kinds.flatMap { kind, findings in
            findings.map { "\(kind): \($0.subject): \($0.text)".escapingControls }
        }
    }
}
