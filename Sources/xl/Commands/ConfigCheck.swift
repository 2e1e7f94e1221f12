import DomainConfig
import DomainModel
import XenToolstack

extension ConfigCommand {
    /// What `config check --json` answers.
    private struct Answer: Encodable {
        struct File: Encodable {
            var file: String
            var errors: Int
            var warnings: Int
            var diagnostics: [Diagnostic]
        }

        var errors: Int
        var warnings: Int
        var files: [File]
    }

    /// `config check`: every problem of every file.
    func check(_ context: CommandContext) throws -> ExitStatus {
        let environment = try context.configEnvironment()
        let facts = host ? RunningHostFacts(context.toolstack) : nil
        var files: [Answer.File] = []
        for path in operands {
            let diagnostics = diagnostics(path, environment, facts)
            let errors = diagnostics.count { $0.severity == .error }
            files.append(
                Answer.File(
                    file: path, errors: errors, warnings: diagnostics.count - errors, diagnostics: diagnostics))
        }
        let answer = Answer(
            errors: files.reduce(0) { $0 + $1.errors }, warnings: files.reduce(0) { $0 + $1.warnings }, files: files)
        if json {
            try Self.print(json: answer)
        } else {
            for file in files {
                for diagnostic in file.diagnostics { Output.print(diagnostic.text) }
            }
        }
        return answer.errors > 0 || strict && answer.warnings > 0 ? .failure : .success
    }

    private func diagnostics(
        _ path: String, _ environment: ConfigEnvironment, _ facts: RunningHostFacts?
    ) -> [Diagnostic] {
        do throws(ConfigFileError) {
            let document = ConfigDocument(file: try ConfigSource(path: path))
            let result = DomainConfigParser.parse(document, environment: environment)
            guard let facts, let configuration = result.configuration else { return result.diagnostics }
            return result.diagnostics + HostCheck.diagnostics(configuration, document: document, facts: facts)
        } catch {
            return [error.diagnostic]
        }
    }
}
