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

    /// - Parameters:
    ///   - isRead: whether anybody reads what goes to standard output.
    ///   - system: what the program sees in the place of /sys; nil for what there is.
    private func run(_ words: [String], isRead: Bool = true, system: FilePath? = nil) async throws -> Result {
        // It is built beside the tests.
        let bundle = try #require(
            CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments.first)
        let program = FilePath(bundle).removingLastComponent().appending("xl")
        let (output, error) = (try Pipe(), try Pipe())
        var plan = system.map { Self.plan(seeing: $0, [program.string] + words) } ?? .init(program, words)
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

    /// A program that finds a directory in the place of /sys, in a user namespace of its own.
    private static func plan(seeing system: FilePath, _ words: [String]) -> ChildProcess.Plan {
        let script = "mount --bind \(system) /sys && exec \"$@\""
        return ChildProcess.Plan("/usr/bin/unshare", ["-rm", "sh", "-c", script, "sh"] + words)
    }

    /// Containers may forbid it.
    private static func canReplaceSystem() async -> Bool {
        var plan = plan(seeing: "/tmp", ["true"])
        (plan.output, plan.error) = (.null, .null)
        return (try? await ChildProcess.start(plan).wait())?.isSuccess == true
    }

    /// The kernel tells which release runs. Debian has no 4.19, so that nobody has its libraries.
    @Test(
        .enabled("no namespace of its own can be had") { await canReplaceSystem() },
        arguments: [
            (23, "this program was built for Xen 4.17 to 4.22, and the hypervisor is Xen 4.23; a newer version"),
            (16, "this program was built for Xen 4.17 to 4.22, and the hypervisor is Xen 4.16; it is too old"),
            (19, "the hypervisor is Xen 4.19, and libxenctrl.so.4.19 is not here or cannot be loaded; install"),
        ])
    func whichReleaseWasFoundIsToldOnAHostThatIsNotServed(_ minor: Int, _ cause: String) async throws {
        var template = Array("/tmp/xl-system-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let system = FilePath(platformString: template)
        let folders = ["hypervisor", "hypervisor/version"].map { system.appending($0) }
        for folder in folders { try #require(mkdir(folder.string, 0o755) == 0) }
        let files = [("major", 4), ("minor", minor)].map { (path: folders[1].appending($0), number: $1) }
        defer {
            for file in files { unlink(file.path.string) }
            for folder in folders.reversed() + [system] { rmdir(folder.string) }
        }
        for file in files {
            let descriptor = try FileDescriptor.open(
                file.path, .writeOnly, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
            try descriptor.closeAfter { _ = try descriptor.writeAll(Array("\(file.number)\n".utf8)) }
        }
        for words in [["list"], ["info"], ["destroy", "1"]] {
            let result = try await run(words, system: system)
            #expect(result.status == .exited(1) && result.output == "", "\(words)")
            #expect(result.error.contains("cannot open the hypervisor interface: \(cause)"), "\(result.error)")
            #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
        }
        let error = try await run(["list", "--json"], system: system).error
        #expect(try YajlDecoder().decode(JSONValue.self, from: error)["error"]?["code"]?.string == "no_hypervisor")
        // What needs no hypervisor works.
        #expect(try await run(["help"], system: system).status.isSuccess)
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
