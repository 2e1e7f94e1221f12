import DomainModel
import XenTypes
import YajlJSON

/// Asks another host what speaks against a domain's going there.
public struct RemoteCheck: Sendable {
    /// As `sh -c` is to run it: what reads a ``MigrationRequest`` and answers with ``MigrationFindings``.
    public var command: String

    /// How much of what it says last is shown when there is no connection.
    private static let wordsLength = 4096

    public init(command: String) { self.command = command }

    /// - Parameter unreachable: hears what the command said when there was no connection.
    /// - Throws: when the other host cannot be reached.
    public func run(
        _ domain: DomainID, _ configuration: DomainConfiguration, in toolstack: Toolstack,
        unreachable: (_ words: String) -> Void = { _ in }
    ) async throws -> MigrationFindings {
        var remote = RemoteCommand(command)
        remote.input = try YajlEncoder().encode(toolstack.migrationRequest(for: domain, configuration))
        remote.keepsWords = true
        let answer = try await remote.run(within: toolstack.timeouts.migrationAnswer)
        if answer.hasNoConnection {
            unreachable(String(escapingBytes: Array(answer.words.suffix(Self.wordsLength))))
            throw ToolstackError(
                .fail, "cannot reach the other host", cause: "the command \"\(command)\" \(answer.status)")
        }
        guard answer.status.isSuccess,
            let findings = try? YajlDecoder().decode(MigrationFindings.self, from: answer.output)
        else {
            let words =
                String(decoding: answer.words.prefix(200), as: UTF8.self)
                .split(whereSeparator: \.isNewline).first.map { ": " + $0 } ?? ""
            return .unanswered("its xl does not answer\(words)")
        }
        return findings
    }
}

extension MigrationFindings {
    /// What is known of a host that says nothing.
    public static func unanswered(_ cause: String) -> MigrationFindings {
        var findings = MigrationFindings()
        findings.unchecked = [.init("the other host", cause)]
        return findings
    }
}
