import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct ExplainCommand: XLCommand {
    static let configuration = named(
        "explain", "Explain a code that this program prints", usage: "[--json] [<code>]",
        discussion: """
            Codes are those of errors with --json, of xl doctor, of xl config check --json and of xl pci-check --json. Without a code it lists \
            all of them. They never change.
            """)
    static let isUpstream = false

    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(
        help: "The code: domain_not_found, domain-zombie, out-of-range.",
        completion: .list(Explanation.codes))
    var code: String?

    func run(in context: CommandContext) async throws -> ExitStatus {
        guard let code else {
            if json {
                try Output.print(json: Self.document(Explanation.all))
            } else {
                Output.print(Self.list)
            }
            return .success
        }
        let found = Explanation.find(code)
        guard !found.isEmpty else {
            let similar = Explanation.similar(to: code)
            throw ToolstackError(
                .notFound, "there is no code \"\(code)\"",
                remedy: similar.isEmpty ? "'xl explain' lists them" : "there is \(similar.joined(separator: ", "))")
        }
        if json {
            try Output.print(json: Self.document(found))
        } else {
            Output.print(found.map(Self.text).joined(separator: "\n\n"))
        }
        return .success
    }

    private static var list: String {
        let heads: [(Explanation.Kind, String)] = [
            (.error, "Errors"), (.finding, "Findings of xl doctor"), (.diagnostic, "Faults of configurations"),
            (.check, "Findings of xl pci-check"),
        ]
        return heads.map { kind, head in
            let rows = Explanation.all.filter { $0.kind == kind }.map { "  \($0.code.padded(to: 28)) \($0.meaning)" }
            return ([head + ":"] + rows).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    static func text(_ explanation: Explanation) -> String {
        let causes = explanation.causes.map { "  - \($0)" }
        return
            (["\(explanation.code): \(explanation.meaning)", "", "Usual causes:"] + causes + ["", "What to do:"]
            + TextLayout.wrapped(explanation.remedy, indent: 2))
            .joined(separator: "\n")
    }

    static func document(_ explanations: [Explanation]) -> JSONValue {
        .array(
            explanations.map { explanation in
                .object([
                    ("code", .string(explanation.code)), ("kind", .string(explanation.kind.rawValue)),
                    ("meaning", .string(explanation.meaning)),
                    ("causes", .array(explanation.causes.map { .string($0) })),
                    ("remedy", .string(explanation.remedy)),
                ])
            })
    }
}
