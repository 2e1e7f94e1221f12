import DomainModel
import Glibc
import SystemPackage
import XenTypes

/// How a bootloader will be run, as a value.
struct BootloaderPlan: Sendable, Hashable {
    /// What restricts the bootloader, from the configuration and the environment.
    struct Restriction: Sendable, Hashable {
        /// Who it runs as.
        var userID: UInt32
        /// How long it may take; nil for ever.
        var limit: Duration?
    }

    var executable: FilePath
    /// Without the program's name.
    var arguments: [String]
    /// Where it writes what it chose.
    var output: FilePath
    /// Where it puts kernel and ramdisk.
    var directory: FilePath
    var restriction: Restriction?

    /// - Parameters:
    ///   - bootloader: the program.
    ///   - disk: what it reads, as a path of this host.
    init(
        _ bootloader: FilePath, _ info: BuildInfo, domain: DomainID, disk: FilePath, lib: FilePath,
        restriction: Restriction?
    ) {
        executable = bootloader
        (output, directory) = Self.files(of: domain, in: lib)
        self.restriction = restriction
        var arguments: [String] = []
        if let kernel = info.kernel { arguments.append("--kernel=\(kernel)") }
        if let ramdisk = info.ramdisk { arguments.append("--ramdisk=\(ramdisk)") }
        if let line = info.commandLine, !line.isEmpty { arguments.append("--args=\(line)") }
        if let restriction { arguments += ["--runas=\(restriction.userID)", "--quiet"] }
        arguments += ["--output=\(output)", "--output-format=simple0", "--output-directory=\(directory)"]
        self.arguments = arguments + info.bootloaderArgs + [disk.string]
    }

    static func files(of domain: DomainID, in lib: FilePath) -> (output: FilePath, directory: FilePath) {
        (lib.appending("bootloader.\(domain).out"), lib.appending("bootloader.\(domain).d"))
    }

    static func removeFiles(_ files: (output: FilePath, directory: FilePath)) {
        unlink(files.output.string)
        FileTree.remove(files.directory)
    }

    func removeFiles() { Self.removeFiles((output, directory)) }

    func process(terminal: FilePath) -> ChildProcess.Plan {
        var plan = ChildProcess.Plan(executable, arguments)
        plan.environment = ["TERM": "vt100"]
        plan.input = .file(terminal)
        plan.output = .file(terminal)
        plan.error = .file(terminal)
        plan.group = .session
        return plan
    }

    /// Where a file of the result is used from.
    enum Source: Sendable, Hashable {
        /// Put into the output directory: opened, then gone with it.
        case temporary(FilePath)
        /// A file of this host, left where it is.
        case host(FilePath)
    }

    /// Judges a path that the bootloader gave.
    ///
    /// - Returns: nil for what must not be used: a relative path, or, when the bootloader is restricted because it
    ///   is not trusted, anything outside its directory.
    func source(_ path: String) -> Source? {
        let path = FilePath(path).lexicallyNormalized()
        guard path.isAbsolute else { return nil }
        if path.starts(with: directory), path != directory { return .temporary(path) }
        return restriction == nil ? .host(path) : nil
    }
}
