import DomainConfig
import DomainModel
import XenTypes

/// What `xl config diff --json` answers.
struct ConfigDiffJSON: Encodable {
    /// One key that two configurations do not have in common.
    struct Difference: Encodable {
        var key: String
        var before: String?
        var after: String?
    }

    var differences: [Difference]

    /// Compares the values of the keys that make each domain. What one of them leaves to chance, as a network card
    /// without an address does, is no difference.
    init(_ before: DomainConfiguration, _ after: DomainConfiguration) {
        var (before, after) = (before, after)
        Self.dropOneSided(\.createInfo.uuid, &before, &after)
        for index in 0..<min(before.nics.count, after.nics.count) {
            Self.dropOneSided(\.nics[index].mac, &before, &after)
        }
        for index in 0..<min(before.vtpms.count, after.vtpms.count) {
            Self.dropOneSided(\.vtpms[index].uuid, &before, &after)
        }
        let (old, new) = (Self.values(before), Self.values(after))
        differences = ConfigKey.all.compactMap { key in
            old[key.name] == new[key.name]
                ? nil : Difference(key: key.name, before: old[key.name], after: new[key.name])
        }
    }

    private static func dropOneSided<Value>(
        _ place: WritableKeyPath<DomainConfiguration, Value?>, _ a: inout DomainConfiguration,
        _ b: inout DomainConfiguration
    ) {
        guard a[keyPath: place] == nil || b[keyPath: place] == nil else { return }
        a[keyPath: place] = nil
        b[keyPath: place] = nil
    }

    private static func values(_ configuration: DomainConfiguration) -> [String: String] {
        let settings = ConfigWriter.settings(for: configuration)
        return Dictionary(settings.map { ($0.key.name, $0.value.source) }, uniquingKeysWith: { first, _ in first })
    }
}

extension ConfigCommand {
    /// `config show`: the shortest configuration that means the same domain.
    func show(_ context: CommandContext) async throws -> ExitStatus {
        let configuration = try await domain(operands[0], context)
        if json {
            try Self.print(json: configuration)
            return .success
        }
        let (text, omissions) = ConfigWriter.text(for: configuration)
        Output.print(bytes: text.unescapedBytes)
        for omission in omissions { Output.warning(omission) }
        return .success
    }

    /// `config diff`: the keys whose values differ, as in `diff`: `-` before the first's, `+` before the second's.
    func diff(_ context: CommandContext) async throws -> ExitStatus {
        let before = try await domain(operands[0], context)
        let answer = ConfigDiffJSON(before, try await domain(operands[1], context))
        if json {
            try Self.print(json: answer)
        } else {
            for difference in answer.differences {
                if let value = difference.before { Self.printLine("-\(difference.key) = \(value)") }
                if let value = difference.after { Self.printLine("+\(difference.key) = \(value)") }
            }
        }
        return answer.differences.isEmpty ? .success : .failure
    }

    private static func printLine(_ line: String) { Output.print(bytes: (line + "\n").unescapedBytes) }
}
