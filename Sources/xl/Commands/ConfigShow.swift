import DomainConfig
import DomainModel
import XenTypes

extension ConfigCommand {
    /// `config show`: the shortest configuration that means the same domain.
    func show(_ context: CommandContext) throws -> ExitStatus {
        let configuration = try domain(operands[0], context)
        if json {
            try Self.print(json: configuration)
            return .success
        }
        let (text, omissions) = ConfigWriter.text(for: configuration)
        Output.print(bytes: text.unescapedBytes)
        for omission in omissions { Output.warning(omission.escapingControls) }
        return .success
    }

    /// One key that two configurations do not have in common.
    private struct Difference: Encodable {
        var key: String
        var before: String?
        var after: String?

        enum CodingKeys: String, CodingKey {
            case key, before, after
        }
    }

    /// `config diff`: the keys whose values differ, as in `diff`: `-` before the first's, `+` before the second's.
    func diff(_ context: CommandContext) throws -> ExitStatus {
        let before = try values(operands[0], context)
        let after = try values(operands[1], context)
        let differences = ConfigKey.all.compactMap { key -> Difference? in
            let (old, new) = (before[key.name], after[key.name])
            return old == new ? nil : Difference(key: key.name, before: old, after: new)
        }
        if json {
            try Self.print(json: ["differences": differences])
        } else {
            for difference in differences {
                if let value = difference.before { Self.printLine("-\(difference.key) = \(value)") }
                if let value = difference.after { Self.printLine("+\(difference.key) = \(value)") }
            }
        }
        return differences.isEmpty ? .success : .failure
    }

    private static func printLine(_ line: String) { Output.print(bytes: (line + "\n").unescapedBytes) }

    /// The values of the keys that make a domain, in the configuration language.
    private func values(_ operand: String, _ context: CommandContext) throws -> [String: String] {
        let settings = ConfigWriter.settings(for: try domain(operand, context))
        return Dictionary(settings.map { ($0.key.name, $0.value.source) }, uniquingKeysWith: { first, _ in first })
    }
}
