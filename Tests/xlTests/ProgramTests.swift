import Glibc
import SystemPackage
import Testing
import XenToolstack
import XenTypes
import YajlJSON

/// The program itself, where nothing but a process of its own shows what it does.
@Suite(.timeLimit(.minutes(1))) struct ProgramTests {
    private struct Result {
        var status: ChildProcess.ExitStatus
        var output = ""
        var error = ""
    }

    /// - Parameter isRead: whether anybody reads what goes to standard output.
    private func run(_ words: [String], isRead: Bool = true) async throws -> Result {
        // It is built beside the tests.
        let bundle = try #require(
            CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments.first)
        let program = FilePath(bundle).removingLastComponent().appending("xl")
        let (output, error) = (try Pipe(), try Pipe())
        var plan = ChildProcess.Plan(program, words)
        plan.output = .descriptor(output.writeEnd)
        plan.error = .descriptor(error.writeEnd)
        if !isRead { output.closeReadEnd() }
        let process = try ChildProcess.start(plan)
        output.closeWriteEnd()
        error.closeWriteEnd()
        // Short enough for a pipe's buffer.
        var result = Result(status: try await process.wait())
        if isRead { result.output = try text(output.readEnd) }
        result.error = try text(error.readEnd)
        return result
    }

    private func text(_ descriptor: FileDescriptor) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test(arguments: ["\u{1b}]0;owned\u{7}", "a\nb", "\u{9b}2J", "\u{202e}x"])
    func whatItSaysCannotSteerTheTerminal(_ word: String) async throws {
        for words in [[word], ["help", word], ["trigger", "0", word], ["vcpu-pin", "0", word, "all"], ["-\(word)"]] {
            let result = try await run(words)
            #expect(!result.status.isSuccess)
            #expect(!result.error.isEmpty)
            let said = result.error + result.output
            #expect(
                said.unicodeScalars.allSatisfy { $0 == "\n" || String($0).escapingControls == String($0) },
                "\(words): \(said.escapingControls)")
        }
    }

    @Test(
        arguments: [
            (["pause", "--json"], "usage", 2), (["nosuch", "--json"], "unknown_command", 1),
            (["-N", "list", "--json"], "not_supported", 1), (["shutdown", "--json"], "usage", 1),
            (["create", "-q", "--json", "/nosuch\u{1b}.cfg"], "fail", 3), (["destroy", "--json", "web"], nil, 1),
            (["create", "-nq", "--json", "/dev/null", "name=1"], "configuration_invalid", 1),
        ] as [([String], String?, Int32)])
    func whatGoesWrongIsOneDocumentForPrograms(_ words: [String], _ code: String?, _ status: Int32) async throws {
        let result = try await run(words)
        #expect(result.status == .exited(status))
        #expect(result.output == "")
        let lines = result.error.split(separator: "\n").map(String.init)
        #expect(lines.count == 1 && lines[0] == lines[0].escapingControls, "\(lines)")
        #expect(try JSONSchema(named: "error").problems(in: Array(result.error.utf8)) == [])
        let error = try YajlDecoder().decode(JSONValue.self, from: result.error)["error"]
        #expect(error?["exit_code"]?.integer == Int64(status))
        if let code { #expect(error?["code"]?.string == code) }
    }

    @Test func whatIsExplainedIsTheCodeThatIsPrinted() async throws {
        let failed = try await run(["domid", "--json", "nosuch"])
        let code = try #require(
            try YajlDecoder().decode(JSONValue.self, from: failed.error)["error"]?["code"]?.string)
        let explained = try await run(["explain", code])
        #expect(explained.status.isSuccess && explained.output.hasPrefix("\(code): "))
    }

    /// It ends as if the signal had come, but only when all else is done, and without a word.
    @Test func endsQuietlyWhenNobodyReadsItsAnswer() async throws {
        let result = try await run(["help"], isRead: false)
        #expect(result.status == .killed(signal: SIGPIPE))
        #expect(result.error == "")
    }
}
