import DomainConfig
import DomainModel
import XenToolstack

/// What `xl config check --json` answers.
struct ConfigCheckJSON: Encodable {
    struct File: Encodable {
        var file: String
        var errors: Int
        var warnings: Int
        var diagnostics: [Diagnostic]

        init(_ file: String, _ diagnostics: [Diagnostic]) {
            self.file = file
            self.diagnostics = diagnostics
            errors = diagnostics.count { $0.severity == .error }
            warnings = diagnostics.count - errors
        }
    }

    var errors: Int
    var warnings: Int
    var files: [File]

    init(_ files: [File]) {
        errors = files.reduce(0) { $0 + $1.errors }
        warnings = files.reduce(0) { $0 + $1.warnings }
        self.files = files
    }
}

extension ConfigCommand {
    /// `config check`: every problem of every file.
    func check(_ context: CommandContext) throws -> ExitStatus {
        let environment = try context.configEnvironment()
        let facts = host ? RunningHostFacts(context.toolstack) : nil
        let answer = ConfigCheckJSON(operands.map { .init($0, diagnostics($0, environment, facts)) })
        if json {
            try Self.print(json: answer)
        } else {
            for file in answer.files {
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
            guard let configuration = result.configuration else { return result.diagnostics }
            let known = result.diagnostics + RefusedSettings.diagnostics(configuration, document: document)
            guard let facts else { return known }
            return known + HostCheck.diagnostics(configuration, document: document, facts: facts)
        } catch {
            return [error.diagnostic]
        }
    }
}
