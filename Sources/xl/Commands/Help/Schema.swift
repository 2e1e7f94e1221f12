import ArgumentParser
import Glibc
import SystemPackage
import XenToolstack

struct SchemaCommand: XLCommand {
    static let configuration = named(
        "schema", "Print the JSON schema of a command's document", usage: "[<command>]",
        discussion: """
            Without a command it lists those that there are. Besides those of commands there are outcome, what commands \
            that act answer with --json; and what is said on standard error with --json, a document a line: error, all that \
            went wrong; message, what a command says on its way; and progress, of save and migrate. The schemas are those \
            that were installed with this program, in share/swift-xl/schemas.
            """)
    static let isUpstream = false

    @Argument(help: "The command; of config with its verb: config check.") var command: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        let directory = try Self.directory()
        guard !command.isEmpty else {
            for name in try Self.names(in: directory) { Output.print(name) }
            return .success
        }
        let word = command.joined(separator: "-")
        let name = Self.shared[word] ?? word
        // It goes into a path.
        guard try Self.names(in: directory).contains(name) else {
            let isActing = CommandTable.lookUp(word).map { $0.command is any ActingCommand.Type } ?? false
            guard isActing else {
                throw ToolstackError(
                    .notFound, "there is no schema of \"\(word)\"", remedy: "xl schema lists those that there are")
            }
            return try Self.print(directory.appending("outcome" + Self.ending))
        }
        return try Self.print(directory.appending(name + Self.ending))
    }

    private static let ending = ".schema.json"

    /// Commands whose document is another one's.
    static let shared = ["domname": "domid"]

    private static func directory() throws -> FilePath {
        guard let program = try? FilePath("/proc/self/exe").target else {
            throw ToolstackError(.fail, "cannot find out where this program is", remedy: "is /proc mounted?")
        }
        return program.removingLastComponent().removingLastComponent().appending("share/swift-xl/schemas")
    }

    private static func names(in directory: FilePath) throws -> [String] {
        guard let stream = opendir(directory.string) else {
            throw ToolstackError(
                .notFound, "cannot read the schemas in \(directory)", cause: "\(Errno(rawValue: errno))",
                remedy: "they come with 'make install' and with the package")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(ending) { names.append(String(name.dropLast(ending.count))) }
        }
        return names.sorted()
    }

    private static func print(_ path: FilePath) throws -> ExitStatus {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = try bytes.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            Output.print(bytes: bytes[..<count])
        }
        return .success
    }
}

extension FilePath {
    /// Where a link leads.
    fileprivate var target: FilePath {
        get throws {
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink(string, &buffer, buffer.count)
            guard count > 0 else { throw Errno(rawValue: errno) }
            return FilePath(String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
    }
}
