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
        let toolstack = host ? context.toolstack : nil
        let facts = toolstack.map { RunningHostFacts($0) }
        let answer = ConfigCheckJSON(operands.map { .init($0, diagnostics($0, environment, toolstack, facts)) })
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
        _ path: String, _ environment: ConfigEnvironment, _ toolstack: Toolstack?, _ facts: RunningHostFacts?
    ) -> [Diagnostic] {
        do throws(ConfigFileError) {
            let document = ConfigDocument(file: try ConfigSource(path: path))
            let result = DomainConfigParser.parse(document, environment: environment)
            guard let configuration = result.configuration else { return result.diagnostics }
            let known = result.diagnostics + RefusedSettings.diagnostics(configuration, document: document)
            guard let toolstack, let facts else { return known }
            let found = known + HostCheck.diagnostics(configuration, document: document, facts: facts)
            // What is known already has a place, and would but be said again.
            guard !found.contains(where: { $0.severity == .error }) else { return found }
            let objections = toolstack.objections(to: configuration)
            return found + objections.warnings.map { Diagnostic(.warning, .unusedKey, $0) }
                + [objections.refusal].compactMap(\.self).map { Diagnostic(.error, .refused, "\($0)") }
        } catch {
            return [error.diagnostic]
        }
    }
}
