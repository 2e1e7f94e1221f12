import Foundation
import Testing

/// Completions in the shells themselves, with an `xl` that prints what upstream's does.
@Suite struct CompletionTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let answers = """
        #!/bin/sh
        case $1 in
        list) printf 'Name                ID   Mem VCPUs\\tState\\tTime(s)\\nDomain-0 0 512 1 r----- 9.0\\nweb 3 128 1 --p--- 1.0\\n' ;;
        cpupool-list) printf 'Name CPUs Sched Active Domain count\\nfast 2 null y 1\\n' ;;
        esac

        """

    /// What a shell prints that has read its script, as `make install` leaves it.
    private func output(of shell: String, _ script: String, _ command: String) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("xl-completions-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let completions = Self.repository.appendingPathComponent("completions")
        let text = try String(contentsOf: completions.appendingPathComponent(script), encoding: .utf8)
        #expect(text.contains("/usr/lib/swift-xl/words"))
        let installed = folder.appendingPathComponent(script)
        try Data(text.replacingOccurrences(of: "/usr/lib/swift-xl", with: completions.path).utf8).write(to: installed)
        let xl = folder.appendingPathComponent("xl")
        try Data(Self.answers.utf8).write(to: xl)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: xl.path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: shell)
        process.arguments = ["-c", "source \(installed.path); \(command)"]
        process.environment = ["PATH": "\(folder.path):/usr/bin:/bin", "HOME": folder.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(arguments: [
        (["destroy", ""], ["Domain-0", "web"]), (["destroy", "w"], ["web"]), (["cpupool-destroy", ""], ["fast"]),
        (["cpupool-migrate", "web", ""], ["fast"]), (["destr"], ["destroy"]),
    ])
    func bash(words: [String], expected: [String]) throws {
        let line = (["xl"] + words).joined(separator: " ")
        let quoted = (["xl"] + words).map { "'\($0)'" }.joined(separator: " ")
        let command = """
            COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count); COMP_LINE='\(line)'; COMP_POINT=\(line.count)
            _xl xl '\(words.last ?? "")' x; printf '%s\\n' "${COMPREPLY[@]}"
            """
        #expect(try output(of: "/bin/bash", "xl.bash", command) == expected)
    }

    static var hasFish: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/fish") }

    @Test(.enabled(if: hasFish, "fish is not installed"))
    func fish() throws {
        let domains = try output(of: "/usr/bin/fish", "xl.fish", "complete -C 'xl destroy '")
        #expect(domains == ["Domain-0\trunning, 512 MiB", "web\tpaused, 128 MiB"])
        #expect(
            try output(of: "/usr/bin/fish", "xl.fish", "complete -C 'xl cpupool-destroy f'") == [
                "fast\t2 processors, null"
            ])
    }
}
