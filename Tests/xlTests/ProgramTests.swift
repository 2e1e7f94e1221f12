import Glibc
import SystemPackage
import Testing
import XenToolstack
import XenTypes

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

    /// It ends as if the signal had come, but only when all else is done, and without a word.
    @Test func endsQuietlyWhenNobodyReadsItsAnswer() async throws {
        let result = try await run(["help"], isRead: false)
        #expect(result.status == .killed(signal: SIGPIPE))
        #expect(result.error == "")
    }
}
